/** Tells whose output it is that was not written by tsc, by the helpers that it calls. */

const helpers: readonly [RegExp, string][] = [
  [/\b__decorateClass\b|\b__decorateElement\b|\b__decoratorStart\b/, 'esbuild'],
  [/\b_ts_decorate\b|@swc\/helpers|\b_apply_decs_\w+\b/, 'swc'],
  [/\b_applyDecs\w*\b|\b_applyDecoratedDescriptor\b/, 'Babel'],
  [/@oxc-project\/runtime/, 'Oxc'],
]

/** Undefined for tsc, and for whom nobody knows. */
export function otherCompiler(code: string): string | undefined {
  return helpers.find(([pattern]) => pattern.test(code))?.[1]
}
