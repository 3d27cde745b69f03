/** Flags as a list do at load what a bar does, and what is refused there is refused in the words that the compiler shows. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Flags, field, int16, NetworkObject, networkClass, Registry, SchemaError, type WireType, wire } from 'fieldcast'
import { ownFields } from '../../lib/schema/declaration.ts'

const shown = readFileSync(new URL('cases/flags.ts', import.meta.url), 'utf8')

/** Registers a class whose one field has these flags, as types that the compiler does not know. */
function register(flags: number | readonly number[], ...types: WireType[]): number {
  class Made extends NetworkObject {
    act(x: number): unknown {
      return x
    }
  }
  field(flags, ...(types.length > 0 ? types : [int16]))(Made.prototype, 'act', { value: Made.prototype.act } as never)
  networkClass(10, { registry: new Registry() })(Made)
  return ownFields(Made).get('act')!.flags
}

describe('A list of flags', () => {
  it('is what a bar makes of them', () => {
    expect(register([])).to.equal(0)
    expect(register([Flags.RAM])).to.equal(Flags.RAM)
    expect(register([Flags.OwnerSend, Flags.Database, Flags.RAM, Flags.NoEcho])).to.equal(
      Flags.OwnerSend | Flags.Database | Flags.RAM | Flags.NoEcho,
    )
  })

  const { OwnerOnly, Broadcast, ServerOnly, Predict, NoEcho, OwnerSend } = Flags
  for (const list of [[OwnerOnly, Broadcast], [ServerOnly, Broadcast], [ServerOnly, OwnerOnly], [Predict], [NoEcho]]) {
    const names = list.map(flag => Object.entries(Flags).find(([, value]) => value === flag)![0])
    it(`of ${names.join(' and ')} is refused at load in the compiler’s words`, () => {
      const words = refusal(() => register(list))
      expect(words).to.equal(refusal(() => register(list.reduce((all, flag) => all | flag, 0))))
      expect(shown).to.include(`@ts-expect-error 1241 "${words}"`)
    })
  }

  it('with Predict on a request is refused at load in the compiler’s words', () => {
    const words = refusal(() => register([OwnerSend, Predict], int16, wire.returns()))
    expect(shown).to.include(`@ts-expect-error 1241 "${words}."`)
  })

  it('with what is no flag is refused at load', () => {
    expect(refusal(() => register([Broadcast, 1 << 20]))).to.include('is no combination of Flags')
    expect(refusal(() => register(-1))).to.include('is no combination of Flags')
  })
})

/** Without the field's name in front and the full stop behind. */
function refusal(run: () => void): string {
  try {
    run()
  } catch (error) {
    expect(error).to.be.instanceOf(SchemaError)
    return (error as SchemaError).message.replace(/^\w+\.\w+: /, '').replace(/\.$/, '')
  }
  throw new Error('Nothing was refused.')
}
