// What the events of a page need beside their rows: how one joins, how many come, and how the viewer stands to each. Reading only.
import type { Ctx } from '../context.ts'
import type { MembershipRole, MembershipState } from '../core/roles.ts'
import type { EventRow, ParticipationRow } from './rows.ts'
import type { Viewer } from './visibility.ts'

/** Where a request to come stands. */
export type Standing = 'sent' | 'received' | 'undeliverable'

export interface EventFacts extends Omit<EventRow, 'object_id'> {
  /** The viewer's participation, unless they left. */
  mine:
    | (Pick<ParticipationRow, 'state' | 'named' | 'message' | 'seats' | 'answers' | 'code'> & {
        since: Date
        standing: Standing
        position: number | null
      })
    | null
  /** Who invited the viewer, while they have not answered. */
  inviterId: string | null
  /** The viewer's membership of the group that announces. */
  membership: { role: MembershipRole; state: MembershipState } | null
}

interface FactsRow extends EventRow {
  state: ParticipationRow['state'] | null
  named: boolean
  message: string
  seats: number
  answers: Record<string, string> | null
  code: string | null
  since: Date
  iri: string | null
  standing: Standing | null
  place_in_line: string | null
  inviter_id: string | null
  role: MembershipRole | null
  membership_state: MembershipState | null
}

/**
 * One query whatever the number of events. Plan: events_pkey, then index probes by row: participations (object, actor), invitations
 * (object, invitee), memberships_pkey, activities_iri, deliveries (activity, inbox).
 */
export async function loadEventFacts(ctx: Ctx, objectIds: string[], viewer: Viewer): Promise<Map<string, EventFacts>> {
  if (objectIds.length === 0) return new Map()
  const { rows } = await ctx.db.raw<{ rows: FactsRow[] }>(
    `select e.*, case when e.waiting_list and e.join_mode = 'free' and p.state = 'pending' then (select count(*) from participations w
         where w.object_id = e.object_id and w.state = 'pending' and (w.created_at, w.id) <= (p.created_at, p.id)) end as place_in_line,
       p.state, p.named, p.message, p.seats, p.answers, p.code, p.created_at as since, p.iri, i.inviter_id, m.role, m.state as membership_state,
       (select case when bool_or(d.state = 'done') then 'received' when bool_and(d.state <> 'waiting') then 'undeliverable' else 'sent' end
         from activities a left join deliveries d on d.activity_id = a.id where a.iri = p.iri group by a.id) as standing
     from events e join objects o on o.id = e.object_id
     left join participations p on p.object_id = e.object_id and p.actor_id = :viewer::bigint and p.state <> 'left'
     left join event_invitations i on i.object_id = e.object_id and i.invitee_id = :viewer::bigint and i.state = 'pending'
     left join memberships m on m.group_id = o.actor_id and m.actor_id = :viewer::bigint
     where e.object_id = any(array(select unnest(:ids::bigint[])))`,
    { viewer: viewer.actorId, ids: objectIds }
  )
  return new Map(rows.map((row) => [row.object_id, toFacts(row)]))
}

function toFacts(row: FactsRow): EventFacts {
  const { state, role, membership_state: membership, named, message, seats, answers, code, since, inviter_id: inviterId, ...event } = row
  // Between people of this instance nothing travels: the organiser has it at once.
  const standing = row.local || row.iri === null ? 'received' : (row.standing ?? 'sent')
  return {
    ...event,
    mine:
      state === null
        ? null
        : {
            state,
            named,
            message,
            seats,
            answers,
            code,
            since,
            standing,
            position: row.place_in_line === null ? null : Number(row.place_in_line)
          },
    inviterId,
    membership: role === null || membership === null ? null : { role, state: membership }
  }
}
