export * from './shapes.ts'
export type { default as Weather, Folder, Item, Json, Name, Point } from './vocabulary.ts'
export { Rank as Grade, Team } from './vocabulary.ts'
