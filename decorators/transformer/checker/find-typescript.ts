/** Finds the TypeScript that the project has, or says what to install. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { classic } from './classic.ts'
import type { ClassicTypeScript } from './classic-api.ts'
import type { Texts, TypeScript } from './contract.ts'
import { native } from './native.ts'
import type { NativeTypeScript } from './native-api.ts'
import { Refusal } from './refusal.ts'

const oldest = 5
/** TypeScript 6 under a name of its own, to be installed beside TypeScript 7. */
const beside = '@typescript/typescript6'

/** @throws Refusal where there is none that could be asked. */
export function findTypeScript(root: string, texts: Texts): TypeScript {
  const require = createRequire(join(root, 'package.json'))
  const version = versionOf(require, 'typescript')
  const major = Number.parseInt(version ?? '', 10)
  if (major >= oldest && major < 7) return classic(require('typescript') as ClassicTypeScript, texts)
  let cause: unknown
  if (major >= 7) {
    try {
      return native(require('typescript/unstable/sync') as NativeTypeScript, texts, root)
    } catch (error) {
      cause = error
    }
  }
  if (versionOf(require, beside) !== undefined) return classic(require(beside) as ClassicTypeScript, texts)
  throw refusal(root, version, major, cause)
}

function refusal(root: string, version: string | undefined, major: number, cause: unknown): Refusal {
  const asked = 'the option checker asks TypeScript for this type'
  if (version === undefined)
    return new Refusal(`${asked}, and there is none to be found from ${root}`, 'npm install --save-dev typescript')
  if (major < oldest)
    return new Refusal(`${asked}, and ${version} is too old for that`, `Install TypeScript ${oldest} or later.`)
  return new Refusal(
    `${asked}, and the API of TypeScript ${version} does not answer: ${cause instanceof Error ? cause.message : cause}`,
    `Install TypeScript 6 beside it: npm install --save-dev ${beside}`,
    { cause },
  )
}

function versionOf(require: NodeJS.Require, name: string): string | undefined {
  try {
    return (require(`${name}/package.json`) as { version: string }).version
  } catch {
    return undefined
  }
}
