/**
 * What runs inside the server: a commit is one call of `write`, which makes it one round trip and one transaction. No lock ever waits for this process, and a call whose
 * answer was lost is over by itself.
 */

export const functions = (schema: string): string => `
CREATE FUNCTION ${schema}.index_keys() RETURNS trigger LANGUAGE plpgsql AS $fieldcast$
DECLARE
  entry record;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    TRUNCATE ${schema}.keys;
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    -- One by one: a join would be planned before there are statistics, and read all entries of the class.
    FOR entry IN SELECT key, value FROM jsonb_each_text(OLD.keys) LOOP
      CONTINUE WHEN NEW.id = OLD.id AND NEW.class = OLD.class AND NEW.keys ->> entry.key = entry.value;
      DELETE FROM ${schema}.keys WHERE class = OLD.class AND name = entry.key AND value = entry.value AND id = OLD.id;
    END LOOP;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO ${schema}.keys (class, name, value, id)
      SELECT NEW.class, e.key, e.value, NEW.id FROM jsonb_each_text(NEW.keys) e ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $fieldcast$;

CREATE TRIGGER objects_inserted AFTER INSERT ON ${schema}.objects FOR EACH ROW
  WHEN (NEW.keys <> '{}') EXECUTE FUNCTION ${schema}.index_keys();
CREATE TRIGGER objects_updated AFTER UPDATE ON ${schema}.objects FOR EACH ROW
  WHEN (OLD.keys <> NEW.keys OR (NEW.keys <> '{}' AND (OLD.class IS DISTINCT FROM NEW.class OR OLD.id <> NEW.id)))
  EXECUTE FUNCTION ${schema}.index_keys();
CREATE TRIGGER objects_removed AFTER DELETE ON ${schema}.objects FOR EACH ROW
  WHEN (OLD.keys <> '{}') EXECUTE FUNCTION ${schema}.index_keys();
CREATE TRIGGER objects_truncated AFTER TRUNCATE ON ${schema}.objects FOR EACH STATEMENT
  EXECUTE FUNCTION ${schema}.index_keys();

-- A commit. Gives NULL when it has been written, -1 where an expectation does not hold, else the epoch that another has claimed.
-- p_wait: most milliseconds for a lock. Sequential scans are off because plans are kept: one made while the table was small would read all of it later.
CREATE FUNCTION ${schema}.write(
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
    SELECT epoch INTO held FROM ${schema}.shards WHERE shard = p_shard FOR SHARE;
    IF NOT FOUND THEN
      INSERT INTO ${schema}.shards (shard, epoch) VALUES (p_shard, 0) ON CONFLICT DO NOTHING;
      SELECT epoch INTO held FROM ${schema}.shards WHERE shard = p_shard FOR SHARE;
    END IF;
    IF held > p_epoch THEN RETURN held; END IF;
  END IF;

  IF expects THEN
    -- Locks all objects of the commit, in order: those that are there as rows, the others as rows of version 0, which nobody else ever sees.
    INSERT INTO ${schema}.objects AS o (id, version, deleted)
      SELECT i.id, 0, now() FROM (SELECT unnest(p_expect) UNION SELECT unnest(p_ids)) i(id) ORDER BY i.id COLLATE "C"
      ON CONFLICT (id) DO UPDATE SET version = o.version WHERE false;
    IF EXISTS (
      SELECT FROM unnest(p_expect, p_expect_versions) e(id, version) JOIN ${schema}.objects o USING (id)
      WHERE e.version <> CASE WHEN o.class IS NULL THEN 0 ELSE o.version END
    ) THEN
      DELETE FROM ${schema}.objects WHERE (id = ANY (p_expect) OR id = ANY (p_ids)) AND version = 0;
      RETURN -1;
    END IF;
  END IF;

  -- In order of ids, so that two commits never wait for each other.
  INSERT INTO ${schema}.objects AS o (id, class, version, format, owner, zone, keys, fields, deleted)
    SELECT r.id, r.class, r.version, r.format, r.owner, r.zone, coalesce(r.keys::jsonb, '{}'), r.fields,
      CASE WHEN r.class IS NULL THEN now() END
    FROM unnest(p_ids, p_classes, p_versions, p_formats, p_owners, p_zones, p_keys, p_fields)
      AS r(id, class, version, format, owner, zone, keys, fields)
    ORDER BY r.id COLLATE "C"
    ON CONFLICT (id) DO UPDATE SET class = excluded.class, version = excluded.version, format = excluded.format,
      owner = excluded.owner, zone = excluded.zone, keys = excluded.keys, fields = excluded.fields, deleted = excluded.deleted
      WHERE o.version < excluded.version;

  IF expects THEN DELETE FROM ${schema}.objects WHERE id = ANY (p_expect) AND version = 0; END IF;
  RETURN NULL;
END $fieldcast$;

-- Gives NULL when the shard is ours, else the epoch that has been claimed.
CREATE FUNCTION ${schema}.claim(p_wait bigint, p_shard text, p_epoch bigint) RETURNS bigint LANGUAGE plpgsql AS $fieldcast$
DECLARE
  held bigint;
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  PERFORM set_config('lock_timeout', p_wait::text, true);
  INSERT INTO ${schema}.shards (shard, epoch) VALUES (p_shard, 0) ON CONFLICT DO NOTHING;
  UPDATE ${schema}.shards SET epoch = p_epoch, claimed = now() WHERE shard = p_shard AND epoch < p_epoch;
  IF FOUND THEN RETURN NULL; END IF;
  SELECT epoch INTO held FROM ${schema}.shards WHERE shard = p_shard;
  RETURN held;
END $fieldcast$;
`
