/** TypeScript 5 and 6 at work: one program per tsconfig.json. */
import { dirname } from 'node:path'
import type { ClassicProgram, ClassicTypeScript } from './classic-api.ts'
import { classicProgram } from './classic-program.ts'
import { Project } from './classic-project.ts'
import { type Settings, settingsFor } from './classic-settings.ts'
import { isAmbient, requireNullChecks } from './configuration.ts'
import type { Texts, TypeScript } from './contract.ts'

export function classic(ts: ClassicTypeScript, texts: Texts): TypeScript {
  const projects = new Map<string, Project>()
  const settled = new Map<string, Settings>()
  const configuration = new Set<string>()
  let round = 0
  return {
    programOf(file) {
      const folder = dirname(file)
      let settings = settled.get(folder)
      if (!settings?.fileNames.includes(file)) {
        settings = settingsFor(ts, file, path => configuration.add(path))
        settled.set(folder, settings)
      }
      requireNullChecks(settings.options, isStrict(ts), settings.path)
      for (const ambient of settings.fileNames.filter(isAmbient)) configuration.add(ambient)
      const key = settings.path ?? ''
      const project = projects.get(key) ?? new Project(ts, texts)
      projects.set(key, project)
      return project.programFor(file, settings, round)
    },
    release() {},
    refresh() {
      round++
      settled.clear()
      configuration.clear()
    },
    get configuration() {
      return [...configuration]
    },
    close() {
      projects.clear()
    },
  }
}

/** A program that somebody else keeps: what it has read is what counts. */
export function running(ts: ClassicTypeScript, program: ClassicProgram): TypeScript {
  const asked = classicProgram(ts, program)
  return {
    programOf() {
      requireNullChecks(program.getCompilerOptions(), isStrict(ts), undefined)
      return asked
    },
    refresh() {},
    release() {},
    configuration: [],
    close() {},
  }
}

/** Whether TypeScript is strict where nobody says so. */
function isStrict(ts: ClassicTypeScript): boolean {
  return Number.parseInt(ts.version, 10) >= 6
}
