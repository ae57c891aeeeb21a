// Places known here by name: cards of the directory, and places that public events of here named. Reading only.
import type { Ctx } from '../context.ts'

export interface KnownPlace {
  name: string
  address: string
  latitude: number | null
  longitude: number | null
  username: string | null
  source: 'directory' | 'events'
}

/** Events of here whose places are looked through, newest first. */
const RECENT = 300

/** Nearest names first, those of the directory before others. Plan: actors_alike; objects_agenda_local backwards. */
export async function placesLike(ctx: Ctx, words: string, limit: number): Promise<KnownPlace[]> {
  const found = await ctx.db.raw<{ rows: KnownPlace[] }>(
    `with named as (
       select a.name, concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', nullif(c.postal_code, ''), nullif(c.locality, '')), '')) as address,
         c.shown_latitude as latitude, c.shown_longitude as longitude, a.username, 'directory' as source,
         word_similarity(f_unaccent(:words), f_unaccent(a.username || ' ' || a.name)) as likeness
       from actors a join directory_cards c on c.actor_id = a.id and c.listed
       where a.local and a.deleted_at is null and a.suspended_at is null and a.limited_at is null and a.type = 'Group'
         and (f_unaccent(:words) <% f_unaccent(a.username || ' ' || a.name)
           or f_unaccent(a.username || ' ' || a.name) like '%' || f_unaccent(:like) || '%')
         and c.precision in ('exact', 'street') and (c.shown_latitude is not null or c.street <> '')
       order by likeness desc, a.id limit :limit),
     held as (
       select distinct on (f_unaccent(o.place ->> 'name')) o.place ->> 'name' as name, coalesce(o.place ->> 'address', '') as address,
         o.latitude, o.longitude, null as username, 'events' as source,
         word_similarity(f_unaccent(:words), f_unaccent(o.place ->> 'name')) as likeness
       from (select place, latitude, longitude, start_time from objects where type = 'Event' and local and deleted_at is null
         and visibility = 'public' and start_time is not null order by start_time desc limit ${RECENT}) o
       where o.place ->> 'name' is not null and (f_unaccent(:words) <% f_unaccent(o.place ->> 'name')
         or f_unaccent(o.place ->> 'name') like '%' || f_unaccent(:like) || '%')
       order by f_unaccent(o.place ->> 'name'), o.latitude is null, o.start_time desc)
     select name, address, latitude, longitude, username, source from named
     union all
     (select name, address, latitude, longitude, username, source from held
       where not exists (select 1 from named n where f_unaccent(n.name) = f_unaccent(held.name)) order by likeness desc, name)
     limit :limit`,
    { words, like: words.replaceAll(/[\\%_]/g, '\\$&'), limit }
  )
  return found.rows
}
