/** Lexical scopes: which declarations a name can mean at a place, innermost first. */

import type { Resolved } from '../types/shapes.ts'
import type {
  Class,
  Directive,
  Expression,
  Function as FunctionNode,
  ParamPattern,
  Parsed,
  Statement,
  TSEnumDeclaration,
  TSInterfaceDeclaration,
  TSModuleDeclaration,
  TSTypeAliasDeclaration,
  TSTypeParameter,
  TSTypeParameterDeclaration,
} from './parse.ts'

export type DeclarationNode =
  | TSInterfaceDeclaration
  | TSTypeAliasDeclaration
  | TSEnumDeclaration
  | Class
  | TSModuleDeclaration

/** Something that a type name can mean, with the scope in which its own names are looked up. */
export interface Declaration {
  readonly name: string
  readonly node: DeclarationNode
  readonly scope: Scope
}

/** A type parameter: with what it stands for, or open, inside its own class or method. */
export type TypeArgument =
  | { readonly open: false; readonly node: TSTypeParameter; type(): Resolved }
  | { readonly open: true; readonly node: TSTypeParameter; readonly of: 'class' | 'method' }

/** Where a name of a file comes from. */
export interface Origin {
  readonly specifier: string
  /** The name in that module; '*' for all of it, as one object. */
  readonly name: string
}

/** One file: what it declares, imports and exports. */
export interface Module {
  /** Absolute path. */
  readonly file: string
  readonly source: string
  readonly parsed: Parsed
  readonly scope: Scope
  /** By local name. */
  readonly imports: ReadonlyMap<string, Origin>
  /** By exported name: a local name, or what another file exports. */
  readonly exports: ReadonlyMap<string, string | Origin>
  /** The specifiers of `export * from`. */
  readonly stars: readonly string[]
}

type Value = Expression | null

export class Scope {
  readonly module: Module
  readonly parent: Scope | null
  readonly #declarations = new Map<string, Declaration[]>()
  readonly #exported = new Set<string>()
  /** Other names, which hide outer ones, with their initializers where they are constants. */
  readonly #values = new Map<string, Value>()
  readonly #arguments = new Map<string, TypeArgument>()

  constructor(module: Module, parent: Scope | null, statements: readonly (Statement | Directive)[] = []) {
    this.module = module
    this.parent = parent
    for (const statement of statements) this.#declare(statement)
  }

  declarations(name: string): readonly Declaration[] | undefined {
    return this.#declarations.get(name)
  }

  value(name: string): Value | undefined {
    return this.#values.get(name)
  }

  argument(name: string): TypeArgument | undefined {
    return this.#arguments.get(name)
  }

  isExported(name: string): boolean {
    return this.#exported.has(name)
  }

  /** A scope inside this one in which the type parameters are open. */
  withOpen(parameters: TSTypeParameterDeclaration | null | undefined, of: 'class' | 'method'): Scope {
    if (!parameters) return this
    const inner = new Scope(this.module, this)
    for (const node of parameters.params) inner.#arguments.set(node.name.name, { open: true, node, of })
    return inner
  }

  /** A scope inside this one in which each type parameter stands for what `typeOf` gives; that is called at the first use. */
  withArguments(
    parameters: TSTypeParameterDeclaration | null | undefined,
    typeOf: (node: TSTypeParameter, index: number, inner: Scope) => Resolved,
  ): Scope {
    if (!parameters) return this
    const inner = new Scope(this.module, this)
    parameters.params.forEach((node, index) => {
      let known: { readonly type: Resolved } | undefined
      const type = (): Resolved => {
        known ??= { type: typeOf(node, index, inner) }
        return known.type
      }
      inner.#arguments.set(node.name.name, { open: false, node, type })
    })
    return inner
  }

  /** A scope inside this one for a function's parameters. */
  withParameters(parameters: readonly ParamPattern[]): Scope {
    const inner = new Scope(this.module, this)
    for (const parameter of parameters) {
      const target =
        parameter.type === 'AssignmentPattern'
          ? parameter.left
          : parameter.type === 'RestElement'
            ? parameter.argument
            : parameter
      if (target.type === 'Identifier') inner.#values.set(target.name, null)
    }
    return inner
  }

  /** Makes a name known that no statement declares: `const A = class B {}` knows B inside. */
  add(name: string, node: DeclarationNode): void {
    this.#declarations.set(name, [...(this.#declarations.get(name) ?? []), { name, node, scope: this }])
  }

  #declare(statement: Statement | Directive): void {
    switch (statement.type) {
      case 'ExportNamedDeclaration':
        if (!statement.declaration) return
        for (const name of this.#names(statement.declaration)) this.#exported.add(name)
        this.#declare(statement.declaration)
        return
      case 'ExportDefaultDeclaration': {
        const { declaration } = statement
        if (declaration.type === 'ClassDeclaration' || declaration.type === 'TSInterfaceDeclaration') {
          this.add('default', declaration)
          if (declaration.id) this.add(declaration.id.name, declaration)
        }
        return
      }
      case 'TSInterfaceDeclaration':
      case 'TSTypeAliasDeclaration':
      case 'TSEnumDeclaration':
        this.add(statement.id.name, statement)
        return
      case 'TSModuleDeclaration':
        if (statement.id.type === 'Identifier' && statement.kind !== 'global')
          this.add(statement.id.name, statement as TSModuleDeclaration)
        return
      case 'ClassDeclaration':
        if (statement.id) this.add(statement.id.name, statement)
        return
      case 'FunctionDeclaration':
      case 'TSDeclareFunction':
        if ((statement as FunctionNode).id) this.#values.set((statement as FunctionNode).id!.name, null)
        return
      case 'VariableDeclaration':
        for (const { id, init } of statement.declarations)
          if (id.type === 'Identifier') this.#values.set(id.name, statement.kind === 'const' ? init : null)
        return
      default:
    }
  }

  #names(declaration: Statement): string[] {
    if (declaration.type === 'VariableDeclaration')
      return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    const { id } = declaration as { id?: { type: string; name: string } | null }
    return id?.type === 'Identifier' ? [id.name] : []
  }
}
