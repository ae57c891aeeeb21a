// What other servers say of the territory they stand for.
import type { Ctx } from '../context.ts'
import type { UpperLevel } from '../core/upper-levels.ts'

/** As in NodeInfo's metadata.territory: INSEE code of the commune; SIREN of the EPCI; INSEE codes of département and region. */
export interface HostTerritory {
  /** ISO 3166. */
  countryCode?: string
  inseeCode?: string
  /** Outside the reference data: what it belongs to, the closest first. */
  partOf?: UpperLevel[]
  epci?: { code: string; name: string }
  departement?: { code: string; name: string }
  region?: { code: string; name: string }
}

export interface NeighbourRow {
  host: string
  territory: HostTerritory
  /** Row id of the commune's own actor there, when it was ever met. */
  commune_id: string | null
}

/** More are a map, not a list. */
const MAX = 60

/** Hosts that say they stand for a commune sharing something with this one. Plan: hosts_territory, few rows. */
export async function neighbouringHosts(ctx: Ctx, mine: HostTerritory): Promise<NeighbourRow[]> {
  const { rows } = await ctx.db.raw<{ rows: NeighbourRow[] }>(
    `select h.host, h.territory, (select a.id from actors a where a.host = h.host and not a.local and a.kind = 'commune'
       and a.suspended_at is null and a.deleted_at is null and a.host_action is distinct from 'block' order by a.id limit 1) as commune_id
     from hosts h where h.territory is not null and h.gone_at is null
       and (h.territory #>> '{epci,code}' = :epci or h.territory #>> '{departement,code}' = :departement or h.territory #>> '{region,code}' = :region
         or (h.territory ->> 'countryCode' = :country and exists (select from jsonb_array_elements(h.territory -> 'partOf') p
           join jsonb_array_elements(cast(:levels as jsonb)) m on lower(p ->> 'name') = lower(m ->> 'name') and lower(p ->> 'level') = lower(m ->> 'level'))))
     order by h.host limit ${MAX}`,
    {
      country: mine.countryCode ?? null,
      levels: JSON.stringify(mine.partOf ?? []),
      epci: mine.epci?.code ?? null,
      departement: mine.departement?.code ?? null,
      region: mine.region?.code ?? null
    }
  )
  return rows
}

/** Keeps what a server says; null when it says nothing. */
export async function saveTerritory(ctx: Ctx, host: string, territory: HostTerritory | null): Promise<void> {
  await ctx
    .db('hosts')
    .where({ host })
    .update({ territory: territory === null ? null : JSON.stringify(territory) })
}
