/** Lexical scopes: which declarations a name can mean at a place, innermost first. */
import { type Lazy, lazy, type Part } from '../types/members.ts'
import type { Resolved } from '../types/shapes.ts'
import { boundNames, otherValue, type Value, variables } from './names.ts'
import type {
  BindingPattern,
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
  TSType,
  TSTypeAliasDeclaration,
  TSTypeName,
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

/** A type parameter: with what it stands for, or open, inside its own class, method or function. */
export type TypeArgument =
  | ({ readonly open: false; readonly constraint?: { readonly node: TSType; readonly scope: Scope } } & Lazy)
  | { readonly open: true; readonly of: 'class' | 'method' | 'function' }

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
  /** The interfaces of other modules that this one adds keys to: `declare module './x' { interface A {} }`. */
  readonly augments: readonly { readonly specifier: string; readonly names: readonly string[] }[]
}

export class Scope {
  readonly module: Module
  readonly parent: Scope | null
  // Made when they are needed: scopes of type parameters are many, and hold those alone.
  #declarations: Map<string, Declaration[]> | undefined
  #exported: Set<string> | undefined
  #values: Map<string, Value> | undefined
  /** `import Short = units.Length` */
  #aliases: Map<string, TSTypeName> | undefined
  #arguments: Map<string, TypeArgument> | undefined

  constructor(module: Module, parent: Scope | null, statements: readonly (Statement | Directive)[] = []) {
    this.module = module
    this.parent = parent
    for (const statement of statements) this.#declare(statement)
  }

  declarations(name: string): readonly Declaration[] | undefined {
    return this.#declarations?.get(name)
  }

  value(name: string): Value | undefined {
    return this.#values?.get(name)
  }

  alias(name: string): TSTypeName | undefined {
    return this.#aliases?.get(name)
  }

  argument(name: string): TypeArgument | undefined {
    return this.#arguments?.get(name)
  }

  /** What the type parameters around this place stand for, the inner ones first. */
  arguments(): TypeArgument[] {
    const outer = this.parent?.arguments() ?? []
    return this.#arguments ? [...this.#arguments.values(), ...outer] : outer
  }

  isExported(name: string): boolean {
    return this.#exported?.has(name) ?? false
  }

  /** A scope inside this one in which the type parameters are open. */
  withOpen(parameters: TSTypeParameterDeclaration | null | undefined, of: 'class' | 'method' | 'function'): Scope {
    if (!parameters) return this
    const inner = new Scope(this.module, this)
    for (const node of parameters.params) inner.#give(node.name.name, { open: true, of })
    return inner
  }

  /**
   * A scope inside this one in which each type parameter stands for what `typeOf` gives; that is called at the first use.
   * @param partsOf the same type from outside, where it is more than a shape.
   */
  withArguments(
    parameters: TSTypeParameterDeclaration | null | undefined,
    typeOf: (node: TSTypeParameter, index: number, inner: Scope) => Resolved,
    partsOf?: (node: TSTypeParameter, index: number, inner: Scope) => readonly Part[],
  ): Scope {
    if (!parameters) return this
    const inner = new Scope(this.module, this)
    parameters.params.forEach((node, index) => {
      const type = lazy(() => typeOf(node, index, inner), partsOf && (() => partsOf(node, index, inner)))
      const constraint = node.constraint ? { constraint: { node: node.constraint, scope: inner } } : {}
      inner.#give(node.name.name, { open: false, ...constraint, ...type })
    })
    return inner
  }

  /** A scope inside this one in which one name stands for a type. */
  withArgument(name: string, type: Lazy): Scope {
    const inner = new Scope(this.module, this)
    inner.#give(name, { open: false, ...type })
    return inner
  }

  /** A scope inside this one for the names that patterns bind: parameters, the variable of a `catch`. */
  withBound(patterns: readonly (ParamPattern | BindingPattern)[]): Scope {
    const inner = new Scope(this.module, this)
    for (const name of patterns.flatMap(boundNames)) inner.#bind(name, otherValue)
    return inner
  }

  /** Makes a name known that no statement declares: `const A = class B {}` knows B inside. */
  add(name: string, node: DeclarationNode): void {
    this.#declarations ??= new Map()
    this.#declarations.set(name, [...(this.#declarations.get(name) ?? []), { name, node, scope: this }])
  }

  #bind(name: string, value: Value): void {
    this.#values ??= new Map()
    this.#values.set(name, value)
  }

  #give(name: string, argument: TypeArgument): void {
    this.#arguments ??= new Map()
    this.#arguments.set(name, argument)
  }

  #declare(statement: Statement | Directive): void {
    switch (statement.type) {
      case 'ExportNamedDeclaration':
        if (!statement.declaration) return
        this.#exported ??= new Set()
        for (const name of this.#names(statement.declaration)) this.#exported.add(name)
        this.#declare(statement.declaration)
        return
      case 'ExportDefaultDeclaration': {
        const { declaration } = statement
        if (declaration.type === 'ClassDeclaration' || declaration.type === 'TSInterfaceDeclaration') {
          this.add('default', declaration)
          if (declaration.id) this.add(declaration.id.name, declaration)
        } else if (declaration.type === 'FunctionDeclaration' || declaration.type === 'TSDeclareFunction') {
          this.#bind('default', otherValue)
          if (declaration.id) this.#bind(declaration.id.name, otherValue)
        } else if (declaration.type !== 'Identifier') {
          this.#bind('default', { kind: 'const', init: declaration as Expression, annotation: null })
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
        if ((statement as FunctionNode).id) this.#bind((statement as FunctionNode).id!.name, otherValue)
        return
      case 'TSImportEqualsDeclaration':
        if (statement.moduleReference.type !== 'TSExternalModuleReference')
          (this.#aliases ??= new Map()).set(statement.id.name, statement.moduleReference)
        return
      case 'VariableDeclaration':
        for (const [name, value] of variables(statement)) this.#bind(name, value)
        return
      default:
    }
  }

  #names(declaration: Statement): string[] {
    if (declaration.type === 'VariableDeclaration') return variables(declaration).map(([name]) => name)
    const { id } = declaration as { id?: { type: string; name: string } | null }
    return id?.type === 'Identifier' ? [id.name] : []
  }
}
