// What just happened, told to every process by NOTIFY in the transaction that does it: a rollback tells nothing. Notices carry kinds and
// ids only; whoever listens reads what the person in front of them may see.
import type { Knex } from 'knex'
import pg from 'pg'
import type { Ctx } from '../context.ts'
import type { Visibility } from './rows.ts'

export type NoticeKind =
  /** New objects, spread to homes. */
  | 'posted'
  /** Told by triggers (migration 0043), whoever writes. */
  | 'object-updated'
  | 'object-deleted'
  | 'boost-ended'
  /** Notifications. */
  | 'notified'
  /** Filters of these people. */
  | 'filters-changed'
  /** Announcements of the commune, new or changed, and those taken back. */
  | 'announced'
  | 'announcement-deleted'
  /** `ID EMOJI`: what somebody answered to an announcement, or took back. */
  | 'announcement-reacted'

export interface Notice {
  kind: NoticeKind
  ids: string[]
}

const CHANNEL = 'communer'
/** PostgreSQL's own limit is 8,000 bytes. */
const IDS_PER_NOTICE = 300

/** Tells everyone who listens, once the transaction is committed. One statement. */
export async function tell(trx: Knex, kind: NoticeKind, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  const notices: string[] = []
  for (let at = 0; at < ids.length; at += IDS_PER_NOTICE) notices.push(JSON.stringify({ kind, ids: ids.slice(at, at + IDS_PER_NOTICE) }))
  await trx.raw('select pg_notify(?, notice) from unnest(?::text[]) notice', [CHANNEL, notices])
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

export interface Listener {
  /** Resolves when the first connection listens, or when it is closed. */
  ready: Promise<void>
  close(): Promise<void>
}

/** Hears every notice on a connection of its own, which is made again when it is lost. Never throws. */
export function listen(ctx: Ctx, onNotice: (notice: Notice) => void): Listener {
  let client: pg.Client | null = null
  let pause: NodeJS.Timeout | null = null
  let failures = 0
  let closed = false
  let isReady: () => void
  const ready = new Promise<void>((resolve) => (isReady = resolve))

  const again = (lost: pg.Client, error: unknown): void => {
    // A connection says several times that it ends.
    if (closed || pause !== null || lost !== client) return
    ctx.log.warn({ err: error }, 'the connection for live updates was lost and will be made again')
    pause = setTimeout(() => void connect(), Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS))
    failures += 1
  }
  const connect = async (): Promise<void> => {
    pause = null
    const fresh = new pg.Client(settingsOf(ctx))
    client = fresh
    fresh.on('error', (error) => again(fresh, error))
    fresh.on('end', () => again(fresh, new Error('the connection ended')))
    fresh.on('notification', ({ payload }) => {
      const notice = readNotice(payload)
      if (notice !== null) onNotice(notice)
    })
    try {
      await fresh.connect()
      await fresh.query(`listen ${CHANNEL}`)
      failures = 0
      isReady()
    } catch (error) {
      again(fresh, error)
    }
  }
  void connect()
  return {
    ready,
    async close() {
      closed = true
      if (pause !== null) clearTimeout(pause)
      isReady()
      await client?.end().catch(() => {})
    }
  }
}

/** The pool's address. One by one: knex hides the password from a spread. */
function settingsOf(ctx: Ctx): pg.ClientConfig {
  const { connectionString, host, port, user, password, database } = (ctx.db.client.config as { connection: pg.ClientConfig }).connection
  const address = connectionString === undefined ? { host, port, user, password, database } : { connectionString }
  return { ...address, application_name: 'communer live', keepAlive: true }
}

function readNotice(payload: string | undefined): Notice | null {
  try {
    const notice = JSON.parse(payload ?? '') as Partial<Notice>
    return typeof notice.kind === 'string' && Array.isArray(notice.ids) ? (notice as Notice) : null
  } catch {
    return null
  }
}

/** Older news is not live any more (Mastodon's REAL_TIME_WINDOW). */
const LIVE_MS = 6 * 3_600_000

export interface LiveObject {
  id: string
  visibility: Visibility
  tags: string[]
  actor_id: string
  group_id: string | null
  root_id: string | null
}

/** Of these objects, those that are there and recent, with what tells which timelines to ask. Plan: objects_pkey, object_tags_object. */
export async function liveObjects(ctx: Ctx, ids: string[]): Promise<LiveObject[]> {
  return (await ctx
    .db('objects as o')
    .whereRaw('o.id = any(?::bigint[])', [ids])
    .where('o.published', '>', new Date(ctx.clock.now().getTime() - LIVE_MS))
    .whereNull('o.deleted_at')
    .orderBy('o.id')
    .select(
      'o.id',
      'o.visibility',
      'o.actor_id',
      'o.group_id',
      'o.root_id',
      ctx.db.raw('array(select t.tag from object_tags t where t.object_id = o.id) as tags')
    )) as LiveObject[]
}

/** Which of these people have some of these objects in their home. Plan: home_items_pkey. */
export async function homesWith(ctx: Ctx, ownerIds: string[], objectIds: string[]): Promise<Set<string>> {
  const owners = await ctx
    .db('home_items')
    .whereRaw('owner_id = any(?::bigint[]) and object_id = any(?::bigint[])', [ownerIds, objectIds])
    .distinct()
    .pluck<string[]>('owner_id')
  return new Set(owners)
}

/** Which of these actors are on a list. Plan: list_accounts_pkey. */
export async function listedAmong(ctx: Ctx, listId: string, actorIds: string[]): Promise<Set<string>> {
  const rows = await ctx
    .db('list_accounts')
    .where({ list_id: listId })
    .whereRaw('actor_id = any(?::bigint[])', [actorIds])
    .pluck<string[]>('actor_id')
  return new Set(rows)
}

/** Which of these people these notifications are for, by id of the notification. */
export async function notifiedAmong(ctx: Ctx, ids: string[], ownerIds: string[]): Promise<{ id: string; owner_id: string }[]> {
  return ctx
    .db('notifications')
    .whereRaw('id = any(?::bigint[]) and owner_id = any(?::bigint[])', [ids, ownerIds])
    .orderBy('id')
    .select('id', 'owner_id')
}

/** Which of these people are in a conversation whose latest message is one of these. Plan: conversations_last. */
export async function conversingAmong(ctx: Ctx, objectIds: string[], ownerIds: string[]): Promise<string[]> {
  return ctx
    .db('conversations')
    .whereRaw('last_id = any(?::bigint[]) and owner_id = any(?::bigint[])', [objectIds, ownerIds])
    .distinct()
    .pluck<string[]>('owner_id')
}

/** Which of these tokens still open something, with what they may do: not revoked, not expired, of an active person (security.md V08). */
export async function livingTokens(ctx: Ctx, tokenIds: string[]): Promise<Set<string>> {
  const ids = await ctx
    .db('tokens as t')
    .join('accounts as ac', 'ac.id', 't.account_id')
    .join('actors as a', 'a.id', 'ac.actor_id')
    .whereRaw('t.id = any(?::bigint[])', [tokenIds])
    .whereNull('t.revoked_at')
    .where((until) => until.whereNull('t.expires_at').orWhere('t.expires_at', '>', ctx.clock.now()))
    .where('ac.status', 'active')
    .whereNull('a.suspended_at')
    .whereNull('a.deleted_at')
    .pluck<string[]>('t.id')
  return new Set(ids)
}
