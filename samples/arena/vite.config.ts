/** How Vite builds the page: the plugin reads the types of the decorated methods, the rest is Vite as always. */
import { fileURLToPath } from 'node:url'
import fieldcast from 'fieldcast/vite'
import type { UserConfig } from 'vite'

const config: UserConfig = {
  root: fileURLToPath(new URL('client', import.meta.url)),
  base: './',
  plugins: [fieldcast()],
  build: { outDir: fileURLToPath(new URL('dist', import.meta.url)), emptyOutDir: true, target: 'es2022' },
}

export default config
