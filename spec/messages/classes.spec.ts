/** Messages as classes, their fields read from TypeScript: `@message(id)`. Rule 34 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  ArgumentError,
  bool,
  int32,
  type list,
  type MessageClassOptions,
  message,
  NetworkObject,
  SchemaError,
  str,
  struct,
  type uint32,
  wire,
} from 'fieldcast'
import { defineMessage, message as fromMessages, MessageRegistry, messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'

@struct('MessageSpecVec')
class Vec {
  x = 0
  y = 0
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
}

@message(64)
class Say {
  text: str<5> = ''
  shout(): string {
    return this.text.toUpperCase()
  }
}

@message()
class Add {
  static reply = int32
  a: int32 = 0
  b: int32 = 0
}

@fromMessages(undefined, { side: 'client', name: 'path' })
class Path {
  of: uint32 = 0
  points: list<Vec, 3> = []
  note?: string
}

@message()
class Subtract extends Add {
  exact = false
}

@message(70)
class Ping {}

const plan = messages([Say, Add, Path, Subtract, Ping])

const start = () =>
  World.start({ server: { classes: [], messages: plan }, client: { classes: [], messages: plan }, latency: 20 })

/** What a class without a decorator comes to with one that names the fields by hand. */
const declared = (id: number | undefined, options: MessageClassOptions = {}) => {
  class Made {
    text = ''
  }
  message(id, { type: wire.object({ text: str(9) }), ...options })(Made)
  return Made
}

describe('A class as a message', () => {
  it('arrives as an instance, with the types of its properties, at its handlers', async () => {
    const world = await start()
    const heard: unknown[] = []
    world.server.messages.on(Say, (say, client) => void heard.push([say instanceof Say, say.shout(), client.id]))
    const client = await world.join()
    client.messages.send(Say, { text: 'hi' })
    client.messages.send(Say, Object.assign(new Say(), { text: 'you' }))
    await world.settle()
    expect(heard).to.deep.equal([
      [true, 'HI', client.id],
      [true, 'YOU', client.id],
    ])
    await world.stop()
  })

  it('is refused by its sender where a value does not fit, with the property named', async () => {
    const world = await start()
    const client = await world.join()
    expect(() => client.messages.send(Say, { text: 'longer than five' })).to.throw(ArgumentError, 'Say: text')
    expect(() => client.messages.send(Say, {} as never)).to.throw(ArgumentError, 'Say: text')
    expect(() => world.server.messages.send(Path, { of: -1, points: [] })).to.throw(ArgumentError, 'path: of')
    await world.stop()
  })

  it('is answered with what its static reply says, that of a base too', async () => {
    const world = await start()
    world.server.messages.on(Add, ({ a, b }) => a + b)
    world.server.messages.on(Subtract, value => {
      expect(value).to.be.instanceOf(Add)
      return value.exact ? value.a - value.b : 0
    })
    const client = await world.join()
    const sum: number = await world.until(client.messages.ask(Add, { a: 1, b: 2 }))
    expect(sum).to.equal(3)
    expect(await world.until(client.messages.ask(Subtract, { a: 5, b: 2, exact: true }))).to.equal(3)
    await world.stop()
  })

  it('that has no reply is answered with nothing', async () => {
    const world = await start()
    world.server.messages.on(Ping, () => {})
    const client = await world.join()
    const nothing: void = await world.until(client.messages.ask(Ping, {}))
    expect(nothing).to.equal(undefined)
    await world.stop()
  })

  it('carries structs, lists and what may be left out, and its options are its conditions', async () => {
    const world = await start()
    const client = await world.join()
    const heard: Path[] = []
    client.messages.on(Path, path => void heard.push(path))
    const point = Object.assign(new Vec(), { x: 3, y: 4 })
    world.server.messages.send(Path, { of: 7, points: [point] })
    await world.settle()
    expect(heard).to.have.length(1)
    expect(heard[0]!.points.map(({ length }) => length)).to.deep.equal([5])
    expect(heard[0]!.note).to.equal(undefined)
    expect(plan.registry.get(Path))
      .to.include({ name: 'path' })
      .and.to.have.nested.property('type.conditions.side', 'client')
    await world.stop()
  })

  it('has its id by hand or of the registry, its own name, and a type like any other', () => {
    const { registry } = plan
    expect([Say, Add, Path, Subtract, Ping].map(each => [registry.name(each), registry.id(each)])).to.deep.equal([
      ['Say', 64],
      ['Add', 65],
      ['path', 67],
      ['Subtract', 66],
      ['Ping', 70],
    ])
    expect(registry.type(Say).shape).to.deep.equal(['struct', { text: ['str', 5] }])
    expect(registry.type(Subtract)).to.deep.include({ reply: 'int32' })
    const byHand = defineMessage('Say', { text: str(5) })
    expect(registry.type(Say).hash).to.equal(byHand.hash)
  })

  it('takes its fields by hand where nothing reads them', async () => {
    const Made = declared(80, { name: 'made' })
    expect(new MessageRegistry([Made]).type('made')).to.deep.include({
      id: 80,
      shape: ['struct', { text: ['str', 9] }],
    })
  })
})

describe('A class that is no message', () => {
  it('MN2 Registering id 63 or below as custom throws at construction', () => {
    for (const id of [63, 0, -1, 64.5, 65536])
      expect(() => declared(id), String(id)).to.throw(
        SchemaError,
        `Made has the id ${id}: ids are whole numbers from 64`,
      )
    expect(() => defineMessage('made', {}, { id: 63 })).to.throw(SchemaError, 'made has the id 63')
    expect(new MessageRegistry([declared(64)]).id('Made')).to.equal(64)
  })

  it('is told so where the properties have not been read', () => {
    class Unread {
      text = ''
    }
    expect(() => message(64)(Unread)).to.throw(SchemaError, '@message() on Unread: its properties have not been read.')
  })

  it('is told so where two have one id, or one name', () => {
    expect(() => messages([declared(90), declared(90, { name: 'Other' })])).to.throw(
      SchemaError,
      'The message id 90 is used twice, by Made and by Other.',
    )
    expect(() => messages([declared(90), declared(91)])).to.throw(SchemaError, 'Made is registered already')
  })

  it('is told so by whoever takes it for one', () => {
    class Plain {}
    expect(() => messages([Plain])).to.throw(SchemaError, 'Plain is no message: make one with defineMessage, or put')
    // Its base bears it, and it does not.
    class Louder extends Say {}
    expect(() => messages([Louder])).to.throw(SchemaError, 'Louder is no message')
  })

  it('is told so where @message stands on a member, without parentheses, or twice', () => {
    class Plain {
      say(): void {}
    }
    const decorate = message(64) as (...args: unknown[]) => void
    const onMember = '@message on say: it stands on a member. Put it on the class.'
    expect(() => decorate(Plain.prototype, 'say', {})).to.throw(SchemaError, onMember)
    expect(() => decorate(Plain, 'say', {})).to.throw(SchemaError, onMember)
    expect(() => decorate(Plain.prototype.say, { kind: 'method', name: 'say' })).to.throw(SchemaError, onMember)
    expect(() => message(Plain as never)).to.throw(SchemaError, '@message on Plain needs parentheses')
    const Made = declared(64)
    expect(() => message(65, { type: wire.object({}) })(Made)).to.throw(SchemaError, 'Made bears @message twice')
  })

  it('is told so where its reply is no type, or in the wrong place', () => {
    class Answered {
      static reply = 5
    }
    const type = wire.object({})
    expect(() => message(64, { type })(Answered as never)).to.throw(SchemaError, 'Answered: its reply is no wire type')
    expect(() => message(64, { type, reply: int32 } as MessageClassOptions)).to.throw(
      SchemaError,
      'static reply = int32',
    )
    expect(() => defineMessage('asked', {}, { reply: wire.returns(bool) as never })).to.throw(SchemaError, 'asked')
  })

  it('is told so where a network object is among its fields or in its reply', () => {
    class Player extends NetworkObject {}
    const player = wire.reference<Player>('Player')
    const refused = 'Made names a network object. Send its id'
    expect(() => declared(64, { type: wire.object({ of: wire.list(wire.object({ player })) }) })).to.throw(
      SchemaError,
      refused,
    )
    class Made {
      static reply = player
    }
    expect(() => message(64, { type: wire.object({}) })(Made)).to.throw(SchemaError, refused)
    // A word among others is no reference.
    expect(declared(64, { type: wire.object({ kind: wire.oneOf('ref', 'type') }) })).to.be.a('function')
  })

  it('is told so where its name or a condition will not do', () => {
    expect(() => declared(64, { name: 'two words' })).to.throw(SchemaError, 'without spaces')
    expect(() => declared(64, { name: 'fieldcast:own' })).to.throw(SchemaError, "the library's")
    expect(() => declared(64, { side: 'everywhere' as never })).to.throw(SchemaError, 'side is server, client or both')
  })
})
