/** The source files and what each of them imports, read with the parser rather than by patterns. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseSync } from 'oxc-parser'

export interface Import {
  /** As it is written. */
  readonly specifier: string
  /** The file that a relative one means, from the root of the repository; null for packages. */
  readonly file: string | null
  readonly isType: boolean
}

export interface Source {
  /** From the root of the repository, with slashes. */
  readonly file: string
  readonly imports: readonly Import[]
  /** Global names that the file uses, `Math.random` and the like among them. */
  readonly globals: ReadonlySet<string>
}

/** All TypeScript files below some folders. */
export function readSources(...folders: readonly string[]): Map<string, Source> {
  const files = folders.flatMap(filesIn).sort()
  return new Map(files.map(file => [file, read(file)]))
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return filesIn(path)
    return path.endsWith('.ts') ? [path.replaceAll('\\', '/')] : []
  })
}

function read(file: string): Source {
  const { program, module, errors } = parseSync(file, readFileSync(file, 'utf8'))
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`)
  const imports: Import[] = []
  const add = (specifier: string, isType: boolean): void => {
    const target = specifier.startsWith('.')
      ? relative('.', join(dirname(file), specifier)).replaceAll('\\', '/')
      : null
    imports.push({ specifier, file: target, isType })
  }
  for (const { moduleRequest, entries } of module.staticImports)
    add(moduleRequest.value, entries.length > 0 && entries.every(({ isType }) => isType))
  for (const { entries } of module.staticExports)
    for (const { moduleRequest, isType } of entries) if (moduleRequest) add(moduleRequest.value, isType)
  const globals = new Set<string>()
  walk(program, node => {
    // A dynamic import may stand in a type: `typeof import('./x.ts')`.
    const argument = node.source ?? node.argument
    if (node.type === 'ImportExpression') add(String(argument.value), false)
    if (node.type === 'TSImportType') add(String((argument.literal ?? argument).value), true)
    if (node.type === 'Identifier') globals.add(node.name)
    if (node.type === 'MemberExpression' && node.object.type === 'Identifier' && !node.computed)
      globals.add(`${node.object.name}.${node.property.name}`)
  })
  return { file, imports, globals }
}

function walk(node: any, visit: (node: any) => void): void {
  if (Array.isArray(node)) for (const item of node) walk(item, visit)
  else if (typeof node === 'object' && node !== null) {
    if (typeof node.type === 'string') visit(node)
    for (const value of Object.values(node)) walk(value, visit)
  }
}
