// The territory this instance stands for, as a document and as facts for others, and the neighbours that say theirs.
import type { Ctx } from '../../context.ts'
import { countryName, type UpperLevel } from '../../core/upper-levels.ts'
import { neighbouringHosts, type HostTerritory, type NeighbourRow } from '../../db/neighbours.ts'
import { requireSite } from '../../db/site.ts'
import { chainOf, type Territory } from './reference.ts'

/** Of one commune, once per process: the large files are read for it and given back. */
const chains = new Map<string, Promise<Territory[]>>()

/** From the country down to the commune: by its INSEE code, else as entered by hand; [] when neither says anything. */
export async function territoryChain(ctx: Ctx): Promise<Territory[]> {
  const { insee } = requireSite(ctx)
  if (insee === '') return chainByHand(ctx)
  const known = chains.get(insee) ?? chainOf(insee)
  chains.clear()
  chains.set(insee, known)
  return known
}

/** Levels without a code are known by their name alone. */
function chainByHand(ctx: Ctx): Territory[] {
  const { name, country, above = [] } = requireSite(ctx)
  if (country === undefined && above.length === 0) return []
  const code = country ?? 'FR'
  return [
    { level: 'country', code, name: countryName(code) ?? code },
    ...above.map((one) => ({ level: one.level, code: '', name: one.name })),
    { level: 'commune', code: '', name }
  ]
}

/** What other instances read to find their neighbours. */
export async function territoryFacts(ctx: Ctx): Promise<HostTerritory> {
  const chain = await territoryChain(ctx)
  const { insee, country = 'FR', above = [] } = requireSite(ctx)
  const of = (level: Territory['level']): { code: string; name: string } | undefined => {
    const found = chain.find((one) => one.level === level)
    return found === undefined ? undefined : { code: found.code, name: found.name }
  }
  const [epci, departement, region] = [of('epci'), of('departement'), of('region')]
  return {
    countryCode: country,
    ...(insee === '' ? {} : { inseeCode: insee }),
    ...(insee === '' && above.length > 0 ? { partOf: above.toReversed() } : {}),
    ...(epci === undefined ? {} : { epci }),
    ...(departement === undefined ? {} : { departement }),
    ...(region === undefined ? {} : { region })
  }
}

export interface Neighbour extends NeighbourRow {
  /** What both belong to, the closest. */
  shared: { level: string; name: string }
}

/** Instances known here that stand for a commune of the same EPCI, département, region or level entered by hand; the closest first. */
export async function neighbours(ctx: Ctx): Promise<Neighbour[]> {
  const mine = await territoryFacts(ctx)
  const rows = await neighbouringHosts(ctx, mine)
  return rows
    .flatMap((row) => {
      const found = closestShared(mine, row.territory)
      return found === null ? [] : [{ row: { ...row, shared: found.shared }, rank: found.rank }]
    })
    .sort((one, other) => one.rank - other.rank || one.row.host.localeCompare(other.row.host))
    .map(({ row }) => row)
}

const CODED = ['epci', 'departement', 'region'] as const

/** The closest of what both belong to; `rank` grows with the distance. */
function closestShared(mine: HostTerritory, its: HostTerritory): { shared: Neighbour['shared']; rank: number } | null {
  const rank = CODED.findIndex((level) => mine[level] !== undefined && mine[level].code === its[level]?.code)
  if (rank >= 0) return { shared: { level: CODED[rank]!, name: mine[CODED[rank]!]!.name }, rank }
  if (mine.countryCode !== its.countryCode) return null
  const key = ({ level, name }: UpperLevel): string => `${level}\n${name}`.toLowerCase()
  const known = new Set((its.partOf ?? []).map(key))
  const byHand = (mine.partOf ?? []).findIndex((one) => known.has(key(one)))
  return byHand < 0 ? null : { shared: mine.partOf![byHand]!, rank: byHand }
}
