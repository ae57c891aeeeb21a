// Why an object was found: in which of its parts the words stand, with what is around them. For objects the reader was let see already.
import type { Ctx } from '../context.ts'

export interface Found {
  where: 'title' | 'text' | 'place' | 'image'
  excerpt: string
}

/**
 * By row id. What stands behind a warning stays there. The title first, then the text, the place, what pictures show; nothing for what only the unfinished last word finds.
 * Plan: keys of objects, a page at most.
 */
export async function whereWordsStand(ctx: Ctx, objects: { id: string }[], words: string): Promise<Map<string, Found>> {
  if (objects.length === 0) return new Map()
  const { rows } = await ctx.db.raw<{ rows: ({ id: string } & Found)[] }>(
    `select distinct on (o.id) o.id::text, part.name as "where",
       case when length(part.body) <= 120 then part.body
         else ts_headline('public.communer', part.body, asked.query, 'StartSel="",StopSel="",MaxWords=18,MinWords=8,MaxFragments=1') end as excerpt
     from objects o
     cross join (select websearch_to_tsquery('public.communer', search_fold(:words)) || to_tsquery('public.communer', :any) as query) asked
     cross join lateral (values
       (1, 'title', coalesce(o.name, '')),
       (2, 'text', left(regexp_replace(coalesce(nullif(o.summary, ''), o.content_html), '<[^>]+>', ' ', 'g'), 20000)),
       (3, 'place', coalesce(o.place ->> 'name', '')),
       (4, 'image', (select string_agg(picture ->> 'name', ' ') from jsonb_array_elements(o.attachments) picture))
     ) as part (rank, name, body)
     where o.id = any(array(select unnest(:ids::bigint[]))) and part.body <> ''
       and to_tsvector('public.communer', search_fold(part.body)) @@ asked.query
     order by o.id, part.rank`,
    { words, any: anyOf(words), ids: objects.map(({ id }) => id) }
  )
  return new Map(rows.map(({ id, where, excerpt }) => [id, { where, excerpt: excerpt.replaceAll(/\s+/g, ' ').trim() }]))
}

/** "fête lavoir" may stand half in the title, half in the text: any of the words is a reason; the last one may be unfinished. */
function anyOf(words: string): string {
  const plain = words.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  const all = plain.match(/[a-z0-9]{3,}/g) ?? []
  return all.map((word) => `${word}:*`).join(' | ')
}
