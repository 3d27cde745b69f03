/** Builders that some specs run set NODE_ENV for the whole process, and listeners go by it: each spec finds it as it was at the start. */
const before = process.env['NODE_ENV']

export const mochaHooks = {
  beforeEach(): void {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  },
}
