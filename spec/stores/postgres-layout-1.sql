-- The layout of version 1 in PostgreSQL, as fieldcast 0.1.0 has made it in databases that are in use. It never changes: what has to differ is of another version.
CREATE SCHEMA "fieldcast";
CREATE TABLE "fieldcast".meta (
  name text PRIMARY KEY,
  value text NOT NULL
);
CREATE TABLE "fieldcast".shards (
  shard text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL,
  claimed timestamptz
);
CREATE TABLE "fieldcast".objects (
  id text COLLATE "C" PRIMARY KEY CHECK (octet_length(id) = 24),
  class text COLLATE "C",
  version bigint NOT NULL CHECK (version BETWEEN 0 AND 9007199254740991),
  format bigint,
  owner text COLLATE "C",
  zone bigint,
  keys jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(keys) = 'object'),
  fields text,
  deleted timestamptz,
  CHECK ((class IS NULL) = (deleted IS NOT NULL)),
  CHECK (class IS NULL OR (format IS NOT NULL AND fields IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX objects_class ON "fieldcast".objects (class, id) WHERE class IS NOT NULL;
CREATE INDEX objects_owner ON "fieldcast".objects (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX objects_zone ON "fieldcast".objects (zone, id) WHERE zone IS NOT NULL;
CREATE INDEX objects_deleted ON "fieldcast".objects (deleted) WHERE deleted IS NOT NULL;
CREATE TABLE "fieldcast".keys (
  class text COLLATE "C",
  name text COLLATE "C",
  value text COLLATE "C",
  id text COLLATE "C",
  PRIMARY KEY (class, name, value, id)
);
COMMENT ON TABLE "fieldcast".objects IS 'fieldcast: one row for each object; those with a time in deleted are gone and keep older writes out for two hours';
COMMENT ON TABLE "fieldcast".keys IS 'fieldcast: finds objects by their declared indexes; kept by triggers of objects';
COMMENT ON TABLE "fieldcast".shards IS 'fieldcast: who may write, by the highest epoch claimed';
COMMENT ON TABLE "fieldcast".meta IS 'fieldcast: the version of this layout';

CREATE FUNCTION "fieldcast".index_keys() RETURNS trigger LANGUAGE plpgsql AS $fieldcast$
DECLARE
  entry record;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    TRUNCATE "fieldcast".keys;
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    -- One by one: a join would be planned before there are statistics, and read all entries of the class.
    FOR entry IN SELECT key, value FROM jsonb_each_text(OLD.keys) LOOP
      CONTINUE WHEN NEW.id = OLD.id AND NEW.class = OLD.class AND NEW.keys ->> entry.key = entry.value;
      DELETE FROM "fieldcast".keys WHERE class = OLD.class AND name = entry.key AND value = entry.value AND id = OLD.id;
    END LOOP;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO "fieldcast".keys (class, name, value, id)
      SELECT NEW.class, e.key, e.value, NEW.id FROM jsonb_each_text(NEW.keys) e ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $fieldcast$;

CREATE TRIGGER objects_inserted AFTER INSERT ON "fieldcast".objects FOR EACH ROW
  WHEN (NEW.keys <> '{}') EXECUTE FUNCTION "fieldcast".index_keys();
CREATE TRIGGER objects_updated AFTER UPDATE ON "fieldcast".objects FOR EACH ROW
  WHEN (OLD.keys <> NEW.keys OR (NEW.keys <> '{}' AND (OLD.class IS DISTINCT FROM NEW.class OR OLD.id <> NEW.id)))
  EXECUTE FUNCTION "fieldcast".index_keys();
CREATE TRIGGER objects_removed AFTER DELETE ON "fieldcast".objects FOR EACH ROW
  WHEN (OLD.keys <> '{}') EXECUTE FUNCTION "fieldcast".index_keys();
CREATE TRIGGER objects_truncated AFTER TRUNCATE ON "fieldcast".objects FOR EACH STATEMENT
  EXECUTE FUNCTION "fieldcast".index_keys();

-- A commit. Gives NULL when it has been written, -1 where an expectation does not hold, else the epoch that another has claimed.
-- p_wait: most milliseconds for a lock. Sequential scans are off because plans are kept: one made while the table was small would read all of it later.
CREATE FUNCTION "fieldcast".write(
  p_wait bigint, p_shard text, p_epoch bigint, p_expect text[], p_expect_versions bigint[],
  p_ids text[], p_classes text[], p_versions bigint[], p_formats bigint[], p_owners text[], p_zones bigint[],
  p_keys text[], p_fields text[]
) RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off AS $fieldcast$
DECLARE
  held bigint;
  expects boolean := cardinality(p_expect) > 0;
BEGIN
  -- Whatever the role or the database say: what is acknowledged is on the disk.
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  PERFORM set_config('lock_timeout', p_wait::text, true);

  IF p_shard IS NOT NULL THEN
    -- The lock lasts until our commit: a claim comes wholly before it or wholly after it.
    SELECT epoch INTO held FROM "fieldcast".shards WHERE shard = p_shard FOR SHARE;
    IF NOT FOUND THEN
      INSERT INTO "fieldcast".shards (shard, epoch) VALUES (p_shard, 0) ON CONFLICT DO NOTHING;
      SELECT epoch INTO held FROM "fieldcast".shards WHERE shard = p_shard FOR SHARE;
    END IF;
    IF held > p_epoch THEN RETURN held; END IF;
  END IF;

  IF expects THEN
    -- Locks all objects of the commit, in order: those that are there as rows, the others as rows of version 0, which nobody else ever sees.
    INSERT INTO "fieldcast".objects AS o (id, version, deleted)
      SELECT i.id, 0, now() FROM (SELECT unnest(p_expect) UNION SELECT unnest(p_ids)) i(id) ORDER BY i.id COLLATE "C"
      ON CONFLICT (id) DO UPDATE SET version = o.version WHERE false;
    IF EXISTS (
      SELECT FROM unnest(p_expect, p_expect_versions) e(id, version) JOIN "fieldcast".objects o USING (id)
      WHERE e.version <> CASE WHEN o.class IS NULL THEN 0 ELSE o.version END
    ) THEN
      DELETE FROM "fieldcast".objects WHERE (id = ANY (p_expect) OR id = ANY (p_ids)) AND version = 0;
      RETURN -1;
    END IF;
  END IF;

  -- In order of ids, so that two commits never wait for each other.
  INSERT INTO "fieldcast".objects AS o (id, class, version, format, owner, zone, keys, fields, deleted)
    SELECT r.id, r.class, r.version, r.format, r.owner, r.zone, coalesce(r.keys::jsonb, '{}'), r.fields,
      CASE WHEN r.class IS NULL THEN now() END
    FROM unnest(p_ids, p_classes, p_versions, p_formats, p_owners, p_zones, p_keys, p_fields)
      AS r(id, class, version, format, owner, zone, keys, fields)
    ORDER BY r.id COLLATE "C"
    ON CONFLICT (id) DO UPDATE SET class = excluded.class, version = excluded.version, format = excluded.format,
      owner = excluded.owner, zone = excluded.zone, keys = excluded.keys, fields = excluded.fields, deleted = excluded.deleted
      WHERE o.version < excluded.version;

  IF expects THEN DELETE FROM "fieldcast".objects WHERE id = ANY (p_expect) AND version = 0; END IF;
  RETURN NULL;
END $fieldcast$;

-- Gives NULL when the shard is ours, else the epoch that has been claimed.
CREATE FUNCTION "fieldcast".claim(p_wait bigint, p_shard text, p_epoch bigint) RETURNS bigint LANGUAGE plpgsql AS $fieldcast$
DECLARE
  held bigint;
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  PERFORM set_config('lock_timeout', p_wait::text, true);
  INSERT INTO "fieldcast".shards (shard, epoch) VALUES (p_shard, 0) ON CONFLICT DO NOTHING;
  UPDATE "fieldcast".shards SET epoch = p_epoch, claimed = now() WHERE shard = p_shard AND epoch < p_epoch;
  IF FOUND THEN RETURN NULL; END IF;
  SELECT epoch INTO held FROM "fieldcast".shards WHERE shard = p_shard;
  RETURN held;
END $fieldcast$;

INSERT INTO "fieldcast".meta (name, value) VALUES ('layout', '1'), ('library', '0.1.0');
