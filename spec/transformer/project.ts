/** Projects on disk for the specs, and what their registration calls hand over. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { erase } from '../../decorators/transformer/source/erase.ts'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { type Transformed, transform } from '../../decorators/transformer/transform.ts'

export const fixture: string = fileURLToPath(new URL('./fixture/', import.meta.url))
const stub = join(fixture, 'stub')

/** [decorator, its arguments, class, then what the transform added]. */
export type Registration = readonly [decorator: string, args: readonly unknown[], target: string, ...rest: unknown[]]

export class Project {
  readonly root: string

  /** A new folder with these files, `node_modules/fieldcast` being the stub. */
  constructor(files: Readonly<Record<string, string>> = {}) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'fieldcast-')))
    cpSync(stub, join(this.root, 'node_modules/fieldcast'), { recursive: true })
    this.write('package.json', '{ "type": "module" }')
    for (const [path, text] of Object.entries(files)) this.write(path, text)
  }

  /** The fixture with everything in it, its packages installed. */
  static everything(): Project {
    const project = new Project()
    cpSync(join(fixture, 'everything'), project.root, { recursive: true })
    cpSync(join(fixture, 'everything/packages'), join(project.root, 'node_modules'), { recursive: true })
    return project
  }

  path(name: string): string {
    return join(this.root, name)
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), text)
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

let runs = 0

/** Runs transformed code that imports nothing but the package, and returns its registrations. */
export async function registrations(transformed: Transformed | null): Promise<Registration[]> {
  if (!transformed) return []
  const { code } = erase(transformed.code, '/game/model.ts', transformed.map)
  const url = `${new URL('./fixture/stub/index.js', import.meta.url).href}?run=${runs++}`
  const runnable = `${code.replaceAll(/from\s*["']fieldcast["']/g, `from '${url}'`)}\nexport { registered } from '${url}'`
  const { registered } = (await import(`data:text/javascript,${encodeURIComponent(runnable)}`)) as {
    registered: Registration[]
  }
  return registered
}

const header = `import { networkClass, field, struct, Flags, NetworkObject } from 'fieldcast'
import type { int8, int16, int32, float32, uint8, str, bytes, list, quantized } from 'fieldcast'
`

/** A model file of one network class around some members. */
export function model(members: string, declarations = ''): string {
  return `${header}${declarations}\n@networkClass(10)\nexport class Player extends NetworkObject {\n${members}\n}\n`
}

/** What the field of this method is registered with. */
export async function schemaOf(method: string, declarations = ''): Promise<any> {
  const found = await registrations(
    transform(model(`@field(0) ${method}`, declarations), '/game/model.ts', new Modules()),
  )
  return found.find(([decorator]) => decorator === 'field')?.[4]
}

/** The shape of one type. */
export async function shapeOf(type: string, declarations = ''): Promise<unknown> {
  return (await schemaOf(`m(p: ${type}): void {}`, declarations)).params[0][1]
}
