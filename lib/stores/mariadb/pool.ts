/** Connections, lent to one job at a time. The driver's own pool tries on in silence where a password is wrong, and resets sessions that are fine. */
import type { Timer } from '../../base/clock.ts'
import { Deferred } from '../../base/deferred.ts'
import { StoreError } from '../../base/errors.ts'
import { type Connection, type ConnectionConfig, type Driver, loadDriver } from './driver.ts'
import { fault } from './faults.ts'
import type { Settings } from './options.ts'
import { greet, type Session } from './session.ts'

interface Idle {
  readonly session: Session
  readonly timer: Timer
}

export class Pool {
  readonly #settings: Settings
  readonly #idle: Idle[] = []
  /** Lent, idle, and on their way. */
  #count = 0
  readonly #waiting: Deferred<void>[] = []
  readonly #jobs = new Set<Promise<unknown>>()
  #driver: Driver | null = null
  /** A connection has stood. */
  #proven = false
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /**
   * Lends a session to `job`, which leaves no transaction open unless it throws; `doing` is for messages. What it wrote then is taken back.
   * @throws StoreError
   */
  use<T>(doing: string, job: (session: Session) => Promise<T>): Promise<T> {
    const running = this.#run(job).catch(error => {
      throw fault(error, this.#settings.name, doing)
    })
    const ended: Promise<unknown> = running.then(
      () => this.#jobs.delete(ended),
      () => this.#jobs.delete(ended),
    )
    this.#jobs.add(ended)
    return running
  }

  /** Once all jobs that have been given are done. */
  async close(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all(this.#jobs)
    this.#closed = true
    await Promise.all(this.#idle.splice(0).map(idle => this.#end(idle)))
  }

  async #run<T>(job: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#take()
    try {
      return await job(session)
    } catch (error) {
      const { connection } = session
      await connection.query('ROLLBACK').catch(() => connection.destroy())
      throw error
    } finally {
      this.#give(session)
    }
  }

  async #take(): Promise<Session> {
    for (;;) {
      for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
        idle.timer.cancel()
        if (idle.session.connection.isValid()) return idle.session
        this.#count--
      }
      if (this.#count < this.#settings.connections) break
      const turn = new Deferred<void>()
      this.#waiting.push(turn)
      await turn.promise
    }
    this.#count++
    try {
      return await this.#connect()
    } catch (error) {
      this.#count--
      this.#waiting.shift()?.resolve()
      throw error
    }
  }

  #give(session: Session): void {
    if (session.connection.isValid()) {
      // Before the driver's socketTimeout ends it, which the server would log as a lost connection.
      const { clock, queryTimeout } = this.#settings
      const timer = clock.after(queryTimeout / 2, () => {
        const index = this.#idle.findIndex(idle => idle.session === session)
        const [idle] = this.#idle.splice(index, 1)
        void this.#end(idle!)
      })
      const idle = { session, timer }
      if (this.#closed) void this.#end(idle)
      else this.#idle.push(idle)
    } else this.#count--
    this.#waiting.shift()?.resolve()
  }

  async #end({ session, timer }: Idle): Promise<void> {
    timer.cancel()
    this.#count--
    await session.connection.end().catch(() => {})
  }

  async #connect(): Promise<Session> {
    this.#driver ??= await loadDriver()
    const connection: Connection = await this.#driver.createConnection(this.#settings.config as ConnectionConfig)
    // Of a connection that is lost while it is idle; without a listener it would end the process.
    connection.on('error', () => {})
    try {
      const session = await greet(connection, this.#settings, this.#proven)
      this.#proven = true
      return session
    } catch (error) {
      if (connection.isValid() && error instanceof StoreError) await connection.end().catch(() => {})
      else connection.destroy()
      throw error
    }
  }
}
