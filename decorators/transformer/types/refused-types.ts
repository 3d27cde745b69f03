/** Kinds of types that are refused by their very syntax, and what to write instead. */

/** What TypeScript computes, it can be asked for. */
export const askTypeScript = 'or set checker: true, which asks your own TypeScript'

const undecided = `Write the resulting type out, give it a name of its own, ${askTypeScript}.`

export const refusedTypes: Readonly<Partial<Record<string, readonly [what: string, hint: string]>>> = {
  TSAnyKeyword: ['any says nothing about what is sent', 'Write the type, or unknown to let any plain data through.'],
  TSObjectKeyword: [
    'object says nothing about what is sent',
    'Write an interface with the keys that are sent, or unknown.',
  ],
  TSSymbolKeyword: ['a symbol cannot be sent', 'Write a union of string literals.'],
  TSThisType: ['the type this cannot be sent', 'Write the class itself.'],
  TSFunctionType: [
    'a function cannot be sent',
    'Send data, and let the handler decide what to run. An answer is what a method with Promise<T> as its result gives.',
  ],
  TSConstructorType: ['a class cannot be sent', 'Send its name, or an instance of a class with @struct().'],
  TSConditionalType: ['a conditional type cannot be decided from the source alone', undecided],
  TSInferType: ['infer cannot be decided from the source alone', undecided],
  TSTypePredicate: ['a type predicate cannot be sent', 'Write boolean.'],
}
