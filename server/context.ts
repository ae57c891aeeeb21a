// The one plain object every domain function receives first. Types only here; app.ts and main.ts put it together.
import type { UpperLevel } from './core/upper-levels.ts'
import type { Knex } from 'knex'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Queue } from './jobs/queue.ts'
import type { Apex } from './protocol/apex.ts'
import type { Sockets } from './protocol/fetch.ts'

/** The commune this instance belongs to, decided at set-up. IRIs hang on `origin` for ever. */
export interface Site {
  /** https://… without trailing slash. */
  origin: string
  /** Canonical host of `origin`. */
  host: string
  /** The part after @ in handles. */
  accountDomain: string
  name: string
  /** INSEE code, or '' outside France. */
  insee: string
  /** ISO 3166; absent: FR. */
  country?: string
  /** What the commune belongs to below the country, the largest first, entered by hand where no INSEE code says it. */
  above?: UpperLevel[]
  latitude: number
  longitude: number
  description: string
  registrations: 'open' | 'approval' | 'closed'
  communeActorId: string
  instanceActorId: string
  /** What the last accessibility audit found; absent: there was none. */
  accessibility?: 'none' | 'partial' | 'full'
  /** IANA name used where nothing says better. */
  timezone: string
  /** What the map is drawn with; absent: nothing from elsewhere. */
  map?: MapSettings
}

export interface MapSettings {
  /** Template of tiles with {z}, {x} and {y}, or ''. */
  tiles: string
  /** Whose tiles they are, shown under the map. */
  attribution: string
  /** Template of a search for addresses with {q} (and {lat}, {lon}) that answers GeocodeJSON, or ''. */
  geocoder: string
  /** West, south, east, north of the contour, when one was imported. */
  box?: [number, number, number, number]
}

export interface Clock {
  now(): Date
}

/** Seals and opens secrets at rest (private keys) with the instance's key: AES-256-GCM. */
export interface SecretBox {
  seal(plain: string): Buffer
  open(sealed: Buffer): string
  /** Keyed hash for bearer secrets and one-way identifiers. */
  hash(value: string): Buffer
}

export interface Ctx {
  config: Config
  log: Logger
  db: Knex
  clock: Clock
  secrets: SecretBox
  /** Null until the instance is set up. Read it through requireSite(). */
  site: Site | null
  queue: Queue
  sockets: Sockets
  apex: Apex
  /** Adds one to a named counter (kept in memory, flushed to `counters`, shown in /metrics). */
  count(name: string): void
}
