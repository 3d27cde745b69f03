/** What is asked of TypeScript, whichever version it is, in terms of its own objects. Their types are written down here as far as they are read: the compiler is the user's. */

/** TypeScript's type. One type is one object for as long as its program stands. */
export interface Type {
  readonly id: number
  readonly flags: number
  readonly objectFlags?: number
  /** Of literals. */
  readonly value?: unknown
  readonly intrinsicName?: string
}

/** TypeScript's symbol: what a declaration declares. */
export interface TypeSymbol {
  readonly name: string
  readonly escapedName: unknown
  readonly flags: number
}

/** TypeScript's signature of a function. */
export interface Signature {
  getParameters(): readonly TypeSymbol[]
}

/** TypeScript's index signature. The versions call what it holds by different names. */
export interface IndexInfo {
  readonly keyType: Type
  readonly type?: Type
  readonly valueType?: Type
}

/** What the checkers of TypeScript 5, 6 and 7 have in common. */
export interface TypeChecker {
  getTypeOfSymbol(symbol: TypeSymbol): Type
  getPropertyOfType(type: Type, name: string): TypeSymbol | undefined
  getPropertiesOfType(type: Type): readonly TypeSymbol[]
  getSignaturesOfType(type: Type, kind: number): readonly Signature[]
  getReturnTypeOfSignature(signature: Signature): Type
  getTypeArguments(type: Type): readonly Type[]
  getIndexInfosOfType(type: Type): readonly IndexInfo[]
  isArrayType(type: Type): boolean
  isTupleType(type: Type): boolean
  typeToString(type: Type): string
}

type Flags<Name extends string> = Readonly<Record<Name, number>>

/** Their bits differ between the versions. */
export interface FlagTables {
  readonly TypeFlags: Flags<
    | 'Any'
    | 'Unknown'
    | 'Never'
    | 'Void'
    | 'Undefined'
    | 'Null'
    | 'String'
    | 'Number'
    | 'BigInt'
    | 'Boolean'
    | 'ESSymbol'
    | 'UniqueESSymbol'
    | 'StringLiteral'
    | 'NumberLiteral'
    | 'BigIntLiteral'
    | 'BooleanLiteral'
    | 'Enum'
    | 'NonPrimitive'
    | 'Union'
    | 'Intersection'
    | 'Object'
    | 'TemplateLiteral'
    | 'StringMapping'
  >
  readonly ObjectFlags: Flags<'ClassOrInterface' | 'Reference'>
  readonly SymbolFlags: Flags<'Class' | 'Interface' | 'Variable' | 'Optional'>
  readonly ElementFlags: Flags<'Optional' | 'Rest' | 'Variadic'>
  readonly SignatureKind: Flags<'Call' | 'Construct'>
}

/** Where a symbol is declared. */
export interface DeclaredAt {
  readonly file: string
  readonly end: number
}

/** An error that TypeScript reports. */
export interface Complaint {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** One state of one program. */
export interface Program {
  readonly flags: FlagTables
  readonly checker: TypeChecker
  /** The members of a union or an intersection. */
  membersOf(type: Type): readonly Type[]
  symbolOf(type: Type): TypeSymbol | undefined
  /** The `type A = ...` that a type was written as. */
  aliasOf(type: Type): { readonly symbol: TypeSymbol; readonly isGeneric: boolean } | undefined
  /** The generic type that a type reference fills: an interface, a class, a tuple's form. */
  targetOf(type: Type): (Type & { readonly elementFlags?: readonly number[] }) | undefined
  /** How many type parameters an interface or class declares. */
  parametersOf(type: Type): number
  filesOf(symbol: TypeSymbol): readonly string[]
  placesOf(symbol: TypeSymbol): readonly DeclaredAt[]
  /** Whether a file is one of TypeScript's own declarations of the language and the platform. */
  isLibrary(file: string): boolean
  /** The type of the instances of the class that ends there. */
  instanceType(file: string, end: number): Type | undefined
  complaints(file: string): readonly Complaint[]
}

/** The user's TypeScript at work. */
export interface TypeScript {
  /** The program that a file belongs to, with the files as they were at the last `refresh`. @throws Refusal */
  programOf(file: string): Program
  /** Files may have been edited. Programs from before stay until `release`. */
  refresh(): void
  /** Programs from before the last `refresh` are asked no more. */
  release(): void
  /** The files that say what a program is and that no import names: tsconfig.json, declarations of globals. */
  readonly configuration: readonly string[]
  close(): void
}

/** Texts that stand for files, as bundlers hand them over. */
export type Texts = ReadonlyMap<string, string>

/** What `checker: true` puts beside the modules. */
export interface Checker {
  /** Asks TypeScript before the syntax: for specs, which compare the two. */
  readonly first: boolean
  /** A new transform begins: edits since the last one are to be seen. */
  begin(): void
  /** @throws Refusal where TypeScript cannot be asked. */
  programOf(module: { readonly file: string; readonly source: string }): Program
  /** Files beside the modules that the answers since `begin` depended on. */
  readonly files: readonly string[]
  /** Lets go of TypeScript; it comes back at the next question. */
  close(): void
}
