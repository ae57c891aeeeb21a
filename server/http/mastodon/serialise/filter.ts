// Filter rows → Filter, FilterResult and the older Filter of version 1 (docs.joinmastodon.org/entities/Filter). Pure.
import type { FilterMatch } from '../../../db/filters.ts'
import type { FilterKeywordRow, FilterRow, FilterStatusRow } from '../../../db/rows.ts'
import type { Filter, FilterKeyword, FilterLite, FilterResult, FilterStatus, FilterV1 } from './entities.ts'

/** A filter with what it looks for. */
export function toFilter(row: FilterRow, keywords: FilterKeywordRow[], statuses: FilterStatusRow[]): Filter {
  return { ...toFilterLite(row), keywords: keywords.map(toFilterKeyword), statuses: statuses.map(toFilterStatus) }
}

/** What a status met. As in Mastodon, the filter is named without what else it looks for. */
export function toFilterResults(matches: FilterMatch[]): FilterResult[] {
  return matches.map(({ filter, keywords, statusIds }) => ({
    filter: toFilterLite(filter),
    keyword_matches: keywords.length === 0 ? null : keywords,
    status_matches: statusIds.length === 0 ? null : statusIds
  }))
}

/** One keyword. */
export function toFilterKeyword({ id, keyword, whole_word }: FilterKeywordRow): FilterKeyword {
  return { id, keyword, whole_word }
}

/** One post. */
export function toFilterStatus({ id, object_id: statusId }: FilterStatusRow): FilterStatus {
  return { id, status_id: statusId }
}

/** A keyword in the words of version 1, under the keyword's id. */
export function toFilterV1(row: FilterRow, { id, keyword, whole_word }: FilterKeywordRow): FilterV1 {
  return {
    id,
    phrase: keyword,
    context: row.context,
    whole_word,
    expires_at: row.expires_at?.toISOString() ?? null,
    irreversible: row.action === 'hide'
  }
}

function toFilterLite(row: FilterRow): FilterLite {
  return {
    id: row.id,
    title: row.title,
    context: row.context,
    expires_at: row.expires_at?.toISOString() ?? null,
    filter_action: row.action
  }
}
