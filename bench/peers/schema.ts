/** The door to @colyseus/schema, which bench/package.json installs: as much of it as is used, in words of our own, so that types are checked without it. */

/** What `schema()` makes a class of. */
export interface Entity {
  x: number
  y: number
}

export interface Encoder {
  encode(iterator?: { offset: number }): Uint8Array
  encodeAll(iterator?: { offset: number }): Uint8Array
  encodeView(view: StateView, sharedOffset: number, iterator: { offset: number }): Uint8Array
  encodeAllView(view: StateView, sharedOffset: number, iterator: { offset: number }): Uint8Array
  discardChanges(): void
}

export interface StateView {
  add(object: object): unknown
}

export interface Decoder {
  readonly state: { readonly entities: { readonly size: number; forEach(each: (entity: Entity) => void): void } }
  decode(bytes: Uint8Array): unknown
}

interface Builder {
  view(): Builder
}

interface Package {
  readonly Encoder: (new (state: object) => Encoder) & { BUFFER_SIZE: number }
  readonly Decoder: new (state: object) => Decoder
  readonly StateView: new () => StateView
  schema(fields: object, name: string): new () => object
  readonly t: { map(of: unknown): Builder } & Record<NumberType, () => Builder>
}

export type NumberType = 'float32' | 'int16' | 'uint32'

export interface SchemaWorld {
  readonly entities: Entity[]
  readonly encoder: Encoder
  /** Another end, which has the whole state, or what is in view. */
  decoder(view?: StateView): Decoder
  view(): StateView
}

/** A state with a map of so many entities of two fields. @param viewed each client has a view of its own. */
export async function schemaWorld(count: number, type: NumberType, viewed = false): Promise<SchemaWorld> {
  // A name that the compiler does not follow.
  const name: string = '@colyseus/schema'
  const { Encoder, Decoder, StateView, schema, t } = (await import(name)) as Package
  // Its own advice: room for the whole state, or it grows with a warning.
  Encoder.BUFFER_SIZE = 1 << 20
  const Entity = schema({ x: t[type](), y: t[type]() }, 'Entity') as new () => Entity
  const map = t.map(Entity)
  const State = schema({ entities: viewed ? map.view() : map }, 'State') as new () => {
    entities: Map<string, Entity>
  }
  const state = new State()
  const entities = Array.from({ length: count }, (_, i) => {
    const entity = new Entity()
    entity.x = entity.y = 0
    state.entities.set(String(i), entity)
    return entity
  })
  const encoder = new Encoder(state)
  return {
    entities,
    encoder,
    decoder(view) {
      const decoder = new Decoder(new State())
      const iterator = { offset: 0 }
      const all = encoder.encodeAll(iterator)
      decoder.decode(view ? encoder.encodeAllView(view, iterator.offset, iterator) : all)
      return decoder
    },
    // Never with the collection itself: that would show all that is in it.
    view: () => new StateView(),
  }
}
