/** The only door to oxc-transform: TypeScript to JavaScript, enums and parameter properties included. */
import { transformSync } from 'oxc-transform'
import { UnresolvedType } from '../errors.ts'
import { composeMaps, type Mappings } from './source-map.ts'

export interface Erased {
  readonly code: string
  readonly map: Mappings
}

/**
 * @param before the map from the text as it was written, where `source` is the outcome of an earlier step.
 * @param sourceType `commonjs` keeps `export =` as an assignment.
 * @throws UnresolvedType for a syntax error, with its place.
 */
export function erase(
  source: string,
  file: string,
  before?: Mappings,
  sourceType: 'module' | 'commonjs' = 'module',
): Erased {
  const {
    code: written,
    map,
    errors,
  } = transformSync(file, source, {
    lang: /\.tsx$/.test(file) ? 'tsx' : 'ts',
    sourceType,
    sourcemap: true,
    typescript: { onlyRemoveTypeImports: false, allowDeclareFields: true },
  })
  const error = errors.find(({ severity }) => severity === 'Error')
  if (error) {
    const { start, end } = error.labels[0] ?? { start: 0, end: 0 }
    throw new UnresolvedType(
      { file, source, start, end },
      error.message.replace(/\.$/, ''),
      error.helpMessage ?? 'Correct the syntax.',
    )
  }
  // It marks modules whose imports were all types, also where they are none.
  const code = sourceType === 'commonjs' ? written.replace(/^export \{\};\n?$/m, '') : written
  const own = { ...map!, sources: [file] }
  return { code, map: before ? composeMaps(own, before) : own }
}

/** The code with its source map inside, as Node reads it. */
export function withInlineMap({ code, map }: { readonly code: string; readonly map: object }): string {
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}\n`
}
