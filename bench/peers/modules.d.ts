/** What the benches use of their peers, so that the types of this repository can be checked where no peer is installed. */
declare module '@colyseus/core' {
  export interface Client {
    readonly sessionId: string
    send(type: number, payload: unknown): void
  }
  export class Room {
    state: unknown
    patchRate: number
    onCreate(): void
    onJoin(client: Client): void
    onLeave(client: Client): void
    onMessage(type: number | string, listener: (client: Client, payload: any) => void): void
    broadcast(type: number, payload: unknown): void
  }
  export class Server {
    constructor(options: { transport: object; greet: boolean })
    define(name: string, room: typeof Room): void
    listen(port: number, host: string, backlog: number): Promise<void>
  }
}

declare module '@colyseus/ws-transport' {
  export class WebSocketTransport {
    constructor(options: { server: import('node:http').Server })
  }
}

declare module '@colyseus/sdk' {
  interface Room {
    readonly sessionId: string
    readonly serializer: object
    readonly connection: { readonly events: { onmessage: (event: { data: ArrayBuffer }) => void } }
    onMessage(type: number, listener: (payload: any) => void): void
    send(type: number | string, payload?: unknown): void
  }
  export class Client {
    constructor(url: string)
    joinOrCreate(name: string): Promise<Room>
  }
  export const Callbacks: {
    get(room: Room): {
      onAdd(property: string, listener: (item: object, key: string) => void): void
      listen(item: object, property: string, listener: (value: number) => void, immediate: boolean): void
    }
  }
}

declare module 'socket.io' {
  interface Socket {
    on(event: string, listener: (...args: any[]) => void): void
    emit(event: string, ...args: unknown[]): void
  }
  export class Server {
    constructor(http: import('node:http').Server, options: { transports: string[] })
    on(event: 'connection', listener: (socket: Socket) => void): void
    emit(event: string, ...args: unknown[]): void
  }
}

declare module 'socket.io-client' {
  interface Socket {
    readonly io: { readonly engine: { on(event: 'data', listener: (data: string) => void): void } }
    on(event: string, listener: (...args: any[]) => void): void
    once(event: string, listener: (...args: any[]) => void): void
    emit(event: string, ...args: unknown[]): void
    close(): void
  }
  export function io(url: string, options: { transports: string[]; forceNew: boolean }): Socket
}

declare module 'vega' {
  export function parse(specification: object): object
  export class View {
    constructor(runtime: object, options: { renderer: 'none' })
    toSVG(): Promise<string>
  }
}

declare module 'vega-lite' {
  export function compile(specification: object): { spec: object }
}

declare module '@colyseus/schema' {
  /** A type of the fields that `schema()` takes. */
  interface Type<T> {
    readonly of: T
  }
  export const t: {
    int16(): Type<number>
    uint32(): Type<number>
    map<T extends object>(item: new () => T): Type<Map<string, T>>
  }
  export function schema<F extends Record<string, Type<unknown>>>(
    fields: F,
    name: string,
  ): new () => { -readonly [K in keyof F]: F[K]['of'] }
}
