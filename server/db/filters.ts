// The filters of a person that hold now, ready to be asked: words and posts they do not want to meet. Reading only.
import type { Ctx } from '../context.ts'
import { keywordPattern } from '../core/keywords.ts'
import { plainText } from '../core/plain-text.ts'
import type { FilterRow } from './rows.ts'
import type { StatusRow } from './status-parts.ts'

export interface ActiveFilter {
  row: FilterRow
  keywords: { keyword: string; pattern: RegExp }[]
  /** Row ids of objects. */
  statusIds: Set<string>
}

/** What of a filter an object met. */
export interface FilterMatch {
  filter: FilterRow
  keywords: string[]
  statusIds: string[]
}

type Loaded = FilterRow & { keywords: { keyword: string; whole_word: boolean }[]; status_ids: string[] }

/** The filters of a person that have not expired. One query; plan: filters_actor, then filter_keywords_filter and filter_statuses' key. */
export async function loadActiveFilters(ctx: Ctx, actorId: string): Promise<ActiveFilter[]> {
  const rows = (await ctx
    .db('filters as f')
    .where('f.actor_id', actorId)
    .where((until) => until.whereNull('f.expires_at').orWhere('f.expires_at', '>', ctx.clock.now()))
    .orderBy('f.id')
    .select(
      'f.*',
      ctx.db.raw(
        `coalesce((select json_agg(json_build_object('keyword', k.keyword, 'whole_word', k.whole_word) order by k.id) from filter_keywords k where k.filter_id = f.id), '[]') as keywords`
      ),
      ctx.db.raw('array(select s.object_id::text from filter_statuses s where s.filter_id = f.id) as status_ids')
    )) as Loaded[]
  return rows.map(({ keywords, status_ids: statusIds, ...row }) => ({
    row,
    keywords: keywords.map(({ keyword, whole_word: wholeWord }) => ({ keyword, pattern: keywordPattern({ keyword, wholeWord }) })),
    statusIds: new Set(statusIds)
  }))
}

/** Which filters an object meets: by its words (title, warning, text, choices, descriptions of images) or by name. */
export function matchFilters(filters: ActiveFilter[], row: StatusRow): FilterMatch[] {
  if (filters.length === 0) return []
  const text = wordsOf(row)
  return filters.flatMap(({ row: filter, keywords, statusIds }) => {
    const found = keywords.flatMap(({ keyword, pattern }) => (pattern.test(text) ? keyword : []))
    const named = statusIds.has(row.id) ? [row.id] : []
    return found.length + named.length === 0 ? [] : [{ filter, keywords: found, statusIds: named }]
  })
}

function wordsOf(row: StatusRow): string {
  const choices = row.poll?.options.map(({ name }) => name) ?? []
  const described = row.attachments.map(({ name }) => name ?? '')
  return [row.name ?? '', row.summary ?? '', plainText(row.content_html), ...choices, ...described].join('\n')
}
