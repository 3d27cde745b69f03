/** One file as others see it: what it imports, exports and declares. */
import type { ModuleExportName, Parsed, Statement } from './parse.ts'
import { type Module, type Origin, Scope } from './scope.ts'

export class SourceModule implements Module {
  readonly file: string
  readonly source: string
  readonly parsed: Parsed
  readonly scope: Scope
  readonly imports: ReadonlyMap<string, Origin>
  readonly exports: ReadonlyMap<string, string | Origin>
  readonly stars: readonly string[]
  readonly augments: Module['augments']

  constructor(file: string, source: string, parsed: Parsed) {
    this.file = file
    this.source = source
    this.parsed = parsed
    const imports = new Map<string, Origin>()
    const exports = new Map<string, string | Origin>()
    const stars: string[] = []
    const augments: { specifier: string; names: string[] }[] = []
    const statements = parsed.error ? [] : parsed.program.body
    for (const statement of statements) {
      switch (statement.type) {
        case 'ImportDeclaration': {
          const specifier = statement.source.value
          for (const item of statement.specifiers)
            imports.set(item.local.name, {
              specifier,
              name:
                item.type === 'ImportSpecifier'
                  ? nameOf(item.imported)
                  : item.type === 'ImportDefaultSpecifier'
                    ? 'default'
                    : '*',
            })
          break
        }
        case 'TSImportEqualsDeclaration':
          if (statement.moduleReference.type === 'TSExternalModuleReference')
            imports.set(statement.id.name, { specifier: statement.moduleReference.expression.value, name: '*' })
          break
        case 'ExportAllDeclaration':
          if (statement.exported)
            exports.set(nameOf(statement.exported), { specifier: statement.source.value, name: '*' })
          else stars.push(statement.source.value)
          break
        case 'ExportNamedDeclaration':
          for (const item of statement.specifiers) {
            const local = nameOf(item.local)
            exports.set(
              nameOf(item.exported),
              statement.source ? { specifier: statement.source.value, name: local } : local,
            )
          }
          break
        case 'ExportDefaultDeclaration':
          exports.set('default', statement.declaration.type === 'Identifier' ? statement.declaration.name : 'default')
          break
        case 'TSExportAssignment':
          if (statement.expression.type === 'Identifier') {
            exports.set('default', statement.expression.name)
            exports.set('export=', statement.expression.name)
          }
          break
        case 'TSModuleDeclaration':
          if (statement.id.type === 'Literal')
            augments.push({ specifier: statement.id.value, names: interfacesIn(statement.body) })
          break
        default:
      }
    }
    this.imports = imports
    this.exports = exports
    this.stars = stars
    this.augments = augments
    this.scope = new Scope(this, null, statements)
  }
}

function interfacesIn(body: { readonly body: readonly Statement[] } | null | undefined): string[] {
  return (body?.body ?? []).flatMap(statement => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    return declaration?.type === 'TSInterfaceDeclaration' ? [declaration.id.name] : []
  })
}

function nameOf(name: ModuleExportName): string {
  return name.type === 'Literal' ? name.value : name.name
}
