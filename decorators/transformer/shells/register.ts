/** `node --import fieldcast/register server.ts`: reads the types of decorated methods as files load. With tsx and mocha too, in either order. */
import * as nodeModule from 'node:module'
import { loadSync, resolveSync } from './hooks.ts'
import { hookRequire } from './require-hook.ts'

// Where the platform can run hooks in this thread it does, for require() as well as for import.
const { registerHooks } = nodeModule as unknown as { registerHooks?: (hooks: object) => void }
if (registerHooks) registerHooks({ resolve: resolveSync, load: loadSync })
else nodeModule.register(new URL(`./hooks${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))
hookRequire(!registerHooks)
process.setSourceMapsEnabled(true)
