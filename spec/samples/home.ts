/** A home folder for programs that a spec starts: what they keep there is not the developer's. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where systems say what the home folder is. */
const VARIABLES = ['HOME', 'USERPROFILE']

export class Home {
  #path = ''
  readonly #before = new Map<string, string | undefined>()

  get path(): string {
    return this.#path
  }

  async enter(): Promise<void> {
    this.#path = await mkdtemp(join(tmpdir(), 'home-'))
    for (const name of VARIABLES) {
      this.#before.set(name, process.env[name])
      process.env[name] = this.#path
    }
  }

  async leave(): Promise<void> {
    for (const [name, value] of this.#before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    await rm(this.#path, { recursive: true })
  }
}
