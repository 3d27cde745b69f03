/** What registration would refuse at load, every transform refuses with its place, as far as the source tells. */
import { expect } from 'chai'
import { UnresolvedType } from '../../decorators/transformer/errors.ts'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { parse } from '../../decorators/transformer/source/parse.ts'
import { transform } from '../../decorators/transformer/transform.ts'
import { Project } from './project.ts'

describe('A transform', () => {
  let project: Project
  before(() => {
    project = new Project({
      'flags.ts': `import { Flags as F } from 'fieldcast'
        export const shown = F.Broadcast | F.RAM
        export const Kinds = { secret: [F.OwnerOnly, F.RAM] } as const
        export const loose = { secret: F.OwnerOnly }
        export let later = F.Broadcast
        export enum Wire { Guess = 2048 }
        export const twice = 3`,
    })
  })
  after(() => project.remove())

  const source = (members: string, id = '1'): string =>
    `import { field, Flags, int16, NetworkObject, networkClass, str, wire } from 'fieldcast'
import { Kinds, later, loose, shown, twice, Wire } from './flags.ts'
import * as all from './flags.ts'
import { gone } from './gone.ts'
@networkClass(${id})
export class A extends NetworkObject {
${members}
}`

  const refusal = (text: string): UnresolvedType => {
    try {
      transform(text, project.path('model.ts'), new Modules())
    } catch (error) {
      expect(error).to.be.instanceOf(UnresolvedType)
      return error as UnresolvedType
    }
    return expect.fail(`not refused: ${text}`)
  }

  for (const [flags, what] of [
    ['Flags.OwnerOnly | Flags.Broadcast', 'OwnerOnly narrows what Broadcast widens'],
    ['[Flags.OwnerOnly, Flags.Broadcast] as never', 'OwnerOnly narrows what Broadcast widens'],
    ['Flags.OwnerOnly | shown', 'OwnerOnly narrows what Broadcast widens'],
    ['[...Kinds.secret, all.shown] as never', 'OwnerOnly narrows what Broadcast widens'],
    ["Flags['ServerOnly'] + all.shown", 'ServerOnly never leaves the server'],
    ['Flags.ServerOnly | Kinds.secret[0]', 'ServerOnly never leaves the server'],
    ['Wire.Guess', 'Predict needs OwnerSend or ClientSend'],
    ['[Flags.NoEcho] as never', 'NoEcho needs OwnerSend or ClientSend'],
    ['1 << 20', '1048576 is no combination of Flags'],
    ["'OwnerSend' as never", 'OwnerSend is no combination of Flags'],
  ] as const)
    it(`refuses ${flags}, with its place`, () => {
      const error = refusal(source(`  @field(${flags}) m() {}`))
      expect(error.message).to.contain(`A.m: ${what}`)
      expect([error.file, error.line, error.column]).to.deep.equal([project.path('model.ts'), 7, 10])
    })

  it('refuses Predict on a request', () => {
    const text = source('  @field(Flags.OwnerSend | Flags.Predict) async m(): Promise<void> {}')
    expect(refusal(text).message).to.contain("A.m: a request waits for the server's answer")
  })

  it('refuses two fields that are pinned to one id, and ids out of range', () => {
    const twins = refusal(source('@field(0, { id: 3 }) a() {}\n@field(0, { id: twice }) b() {}'))
    expect(twins.message).to.contain('A.b: the fields a and b are both pinned to id 3.')
    expect(twins.line).to.equal(8)
    for (const id of ['-1', '65536', '0.5', "'3' as never", 'NaN'])
      expect(refusal(source(`@field(0, { id: ${id} }) a() {}`)).message, id).to.contain('is no field id')
    for (const id of ['0', '65536', '1.5', "'1' as never", 'twice - 3'])
      expect(refusal(source('', id)).message, id).to.contain('is no class id')
  })

  it('refuses rates that are none, and rates of what no client sends', () => {
    for (const rate of [
      "'10'",
      "'0/s' as never",
      "'1.5/s'",
      "'10/day' as never",
      '10 as never',
      "{ calls: 0, per: 's' }",
    ]) {
      const error = refusal(source(`@field(Flags.OwnerSend, { rate: ${rate} }) a() {}`))
      expect(error.message, rate).to.contain('A.a: its rate ').and.to.contain("Write '10/s'")
      expect([error.line, error.column], rate).to.deep.equal([7, 25])
    }
    const parts = (rate: string): string => refusal(source(`@field(Flags.OwnerSend, { rate: ${rate} }) a() {}`)).message
    expect(parts("{ calls: 6, per: 'minute' as never }"))
      .to.contain("A.a: its rate { calls: 6, per: 'minute' } is none.")
      .and.to.contain("Write '10/s'")
    expect(parts("{ calls: 6, per: 'min', burst: 0 }"))
      .to.contain('A.a: its burst 0 is none.')
      .and.to.contain('Write a whole number from 1 to 2000000.')
    const unused = refusal(source("@field(Flags.Broadcast, { rate: '10/s' }) a() {}"))
    expect(unused.message).to.contain('A.a: a rate limits clients, and none may send it')
  })

  it('refuses types by hand that cannot be', () => {
    expect(refusal(source('@field(0, str(-1)) a(b: string) {}')).message).to.contain('str: the limit must be')
    const { message } = refusal(source('@field(0, wire.object(undefined as never)) a(b: string) {}'))
    expect(message).to.contain(':7:11\n').and.to.contain('this is no wire type.')
  })

  it('says nothing of what only a run tells, and of what is right', () => {
    for (const flags of [
      'later | Flags.OwnerOnly',
      'loose.secret | Flags.Broadcast',
      'gone | Flags.OwnerOnly | Flags.Broadcast',
      '[gone, Flags.OwnerOnly, Flags.Broadcast] as never',
      'Math.max(1 << 20)',
      'Flags.Nothing',
      'shown',
      'Kinds.secret as never',
      'Flags.OwnerSend | Wire.Guess',
      '0',
    ])
      expect(transform(source(`@field(${flags}) m() {}`), project.path('model.ts'), new Modules()), flags).to.not.equal(
        null,
      )
    for (const given of [
      'gone',
      '{ id: gone }',
      '{ rate: gone }',
      "{ rate: { calls: gone, per: 's' } }",
      '{ ...gone }',
      '...gone',
      '{ id: 65535, default: [gone] }',
      'str(gone)',
    ])
      expect(
        transform(source(`@field(0, ${given}) m(a: string) {}`), project.path('model.ts'), new Modules()),
        given,
      ).to.not.equal(null)
    for (const id of ['gone', '65535', '', '...gone'])
      expect(transform(source('', id), project.path('model.ts'), new Modules()), id).to.not.equal(null)
  })

  it('ends for constants that name each other, however often', () => {
    const doubled = Array.from({ length: 40 }, (_, i) => `const c${i} = c${i + 1} | c${i + 1}`).join('\n')
    const text = `${doubled}\nconst c40 = Flags.OwnerOnly | Flags.Broadcast\nconst x = y, y = x\n`
    expect(refusal(text + source('@field(c0) m() {}')).message).to.contain('OwnerOnly narrows')
    expect(transform(text + source('@field(x) m() {}'), project.path('model.ts'), new Modules())).to.not.equal(null)
  })

  it('parses no file for a name that no argument uses', () => {
    const parsed: string[] = []
    const modules = new Modules((file, text) => {
      parsed.push(file)
      return parse(file, text)
    })
    const file = project.path('model.ts')
    transform(source('@field(Flags.OwnerSend) m() {}'), file, modules)
    expect(parsed).to.deep.equal([file])
    transform(source('@field(shown) m() {}'), file, modules)
    expect(parsed).to.deep.equal([file, file, project.path('flags.ts')])
  })
})
