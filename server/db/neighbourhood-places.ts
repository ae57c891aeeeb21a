// What lies in which quarter. Triggers say it of what is written (migration 0182); here it is said anew of everything when contours change.
import type { Knex } from 'knex'

/** Says anew what lies where; its subject is the word "all". */
export const PLACES_CHORE = 'neighbourhood-places'

/**
 * Everything that was in a quarter or may be in one now. What moves meanwhile is judged where it is then. Plan: objects_neighbourhood;
 * objects_place within the box of each contour.
 */
export async function placeAll(db: Knex): Promise<void> {
  await db.raw(
    `update objects o set neighbourhood_id = neighbourhood_at(o.latitude, o.longitude)
     where o.id in (select was.id from objects was where was.neighbourhood_id is not null
         union select inside.id from neighbourhoods n join objects inside on inside.latitude is not null and inside.deleted_at is null
           and point(inside.longitude, inside.latitude) <@ n.area)
       and o.neighbourhood_id is distinct from neighbourhood_at(o.latitude, o.longitude)`
  )
  await db.raw(
    `update directory_cards c set neighbourhood_id = neighbourhood_at(c.shown_latitude, c.shown_longitude)
     where (c.shown_latitude is not null or c.neighbourhood_id is not null)
       and c.neighbourhood_id is distinct from neighbourhood_at(c.shown_latitude, c.shown_longitude)`
  )
}
