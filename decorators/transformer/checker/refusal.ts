/** Thrown where TypeScript gives no answer that could be sent; ask.ts knows the place in the source and tells it. */
export class Refusal extends Error {
  readonly hint: string

  /** @param what without a full stop. */
  constructor(what: string, hint: string, options?: ErrorOptions) {
    super(what, options)
    this.hint = hint
  }
}

export class AnyType extends Refusal {
  /** Whether TypeScript itself calls it a mistake. */
  readonly isError: boolean

  constructor(what: string, hint: string, isError: boolean) {
    super(what, hint)
    this.isError = isError
  }
}

/** Thrown for a type that only type arguments decide. */
export class OpenType extends Refusal {}
