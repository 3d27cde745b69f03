/** TypeScript files that are written for CommonJS and nothing else. */
import { parse } from '../source/parse.ts'

/** Whether a file says `export =` or `import x = require()`, and nothing of modules besides: what is mixed stays a module. */
export function isCommonJs(file: string, source: string): boolean {
  if (!/\bimport\s+[^'"=]+=\s*require\b|\bexport\s*=/.test(source)) return false
  let found = false
  for (const statement of parse(file, source).program.body) {
    if (statement.type === 'TSExportAssignment') found = true
    else if (statement.type === 'TSImportEqualsDeclaration')
      found ||= statement.moduleReference.type === 'TSExternalModuleReference'
    else if (statement.type === 'ImportDeclaration' && statement.importKind !== 'type') return false
    else if (statement.type === 'ExportNamedDeclaration' && statement.exportKind !== 'type') return false
    else if (/^Export/.test(statement.type) && statement.type !== 'ExportNamedDeclaration') return false
  }
  return found
}
