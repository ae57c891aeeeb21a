// Hot statements are prepared: PostgreSQL plans them a few times instead of every time. Most of what a post or an arrival costs the database
// is planning: a statement over five tables takes 2–4 ms to plan and 0.3 ms to run.
import type pg from 'pg'

/** Asked so often within a minute, a text is worth a name. */
const HOT_PER_MINUTE = 12
/** Names a process gives at most: each costs every connection that uses it some tens of kilobytes. */
const MAX_NAMES = 300
/** Texts counted at most within a minute: lists of many lengths make many. */
const MAX_COUNTED = 5000
const MINUTE_MS = 60_000

const PREPARABLE = /^\s*(?:select|insert|update|delete|with)\b/i

export class HotStatements {
  #names = new Map<string, string>()
  #counts = new Map<string, number>()
  #since = 0
  #generation = 0

  /** The name under which this text is to be prepared, or undefined: not asked often, or not to be prepared at all. */
  nameOf(text: string, now = Date.now()): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (this.#names.size >= MAX_NAMES || !PREPARABLE.test(text)) return undefined
    if (now - this.#since > MINUTE_MS || this.#counts.size >= MAX_COUNTED) {
      this.#counts.clear()
      this.#since = now
    }
    const count = (this.#counts.get(text) ?? 0) + 1
    this.#counts.set(text, count)
    if (count < HOT_PER_MINUTE) return undefined
    this.#counts.delete(text)
    const name = `hot_${this.#generation}_${this.#names.size}`
    this.#names.set(text, name)
    return name
  }

  /** A migration changed a table under a prepared `select *`: from now on other names, so that every connection prepares anew. */
  forget(): void {
    this.#names.clear()
    this.#generation += 1
  }
}

interface Query {
  text: string
  values?: unknown[]
  name?: string
  submit?: unknown
}
type Callback = (error: { code?: string; message: string } | null, result?: pg.QueryResult) => void
interface Connection {
  query(query: Query | string, ...more: unknown[]): unknown
}

/** Makes a connection of the pool prepare what is hot. Every connection plans for itself; the names are the same. */
export function prepareHot(connection: Connection, hot: HotStatements): void {
  const query = connection.query.bind(connection)
  connection.query = (config, ...more) => {
    const [callback] = more as [Callback | undefined]
    // Streams, statements that knex or we have named, and those without values go as they are.
    if (typeof config === 'string' || config.submit !== undefined || config.name !== undefined || callback === undefined)
      return query(config, ...more)
    if (config.values === undefined || config.values.length === 0) return query(config, ...more)
    const name = hot.nameOf(config.text)
    if (name === undefined) return query(config, ...more)
    return query({ ...config, name }, (error: Parameters<Callback>[0], result?: pg.QueryResult) => {
      // 0A000: cached plan must not change result type.
      if (error?.code === '0A000') hot.forget()
      callback(error, result)
    })
  }
}
