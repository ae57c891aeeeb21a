// Hashtags → Tag and FeaturedTag entities (docs.joinmastodon.org/entities/Tag). Pure.
import type { Ctx } from '../../../context.ts'
import type { ActorRow, KeptTagRow } from '../../../db/rows.ts'
import { HISTORY_DAYS, type TagDayRow, type TagUse } from '../../../db/tags.ts'
import type { FeaturedTag, Tag, TagDay } from './entities.ts'
import { actorUrl } from './account.ts'
import { toTag } from './status.ts'

const DAY_S = 86_400

/** How the viewer stands to a hashtag, and how much it is used. */
export interface TagFacts {
  history: TagDayRow[]
  following: boolean
  featuring: boolean
}

/** A hashtag with a week of its history, today first. */
export function toWholeTag(ctx: Ctx, { tag, name }: { tag: string; name: string }, facts: TagFacts): Tag {
  const { history, following, featuring } = facts
  return { ...toTag(ctx, name), id: tag, history: toHistory(ctx, history), following, featuring }
}

function toHistory(ctx: Ctx, rows: TagDayRow[]): TagDay[] {
  const today = Math.floor(ctx.clock.now().getTime() / 1000 / DAY_S) * DAY_S
  const byDay = new Map(rows.map((row) => [row.day.getTime() / 1000, row]))
  return Array.from({ length: HISTORY_DAYS }, (_none, back) => {
    const day = today - back * DAY_S
    const row = byDay.get(day)
    return { day: String(day), uses: String(row?.uses ?? 0), accounts: String(row?.accounts ?? 0) }
  })
}

/** A hashtag of a profile. */
export function toFeaturedTag(ctx: Ctx, row: KeptTagRow, actor: ActorRow, use: TagUse | undefined): FeaturedTag {
  return {
    id: row.id,
    name: row.name,
    url: `${actorUrl(ctx, actor)}/tagged/${encodeURIComponent(row.name)}`,
    statuses_count: String(use?.statuses ?? 0),
    last_status_at: use?.last?.toISOString().slice(0, 10) ?? null
  }
}
