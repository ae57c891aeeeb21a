// The territory this instance stands for, as a document and as facts for others, and the neighbours that say theirs.
import type { Ctx } from '../../context.ts'
import { neighbouringHosts, type HostTerritory, type NeighbourRow } from '../../db/neighbours.ts'
import { requireSite } from '../../db/site.ts'
import { chainOf, type Territory } from './reference.ts'

/** Of one commune, once per process: the large files are read for it and given back. */
const chains = new Map<string, Promise<Territory[]>>()

/** From the country down to the commune; [] without an INSEE code that is one. */
export async function territoryChain(ctx: Ctx): Promise<Territory[]> {
  const { insee } = requireSite(ctx)
  if (insee === '') return []
  const known = chains.get(insee) ?? chainOf(insee)
  chains.clear()
  chains.set(insee, known)
  return known
}

/** What other instances read to find their neighbours. */
export async function territoryFacts(ctx: Ctx): Promise<HostTerritory> {
  const chain = await territoryChain(ctx)
  const { insee } = requireSite(ctx)
  const of = (level: Territory['level']): { code: string; name: string } | undefined => {
    const found = chain.find((one) => one.level === level)
    return found === undefined ? undefined : { code: found.code, name: found.name }
  }
  const [epci, departement, region] = [of('epci'), of('departement'), of('region')]
  return {
    ...(insee === '' ? {} : { inseeCode: insee }),
    ...(epci === undefined ? {} : { epci }),
    ...(departement === undefined ? {} : { departement }),
    ...(region === undefined ? {} : { region })
  }
}

export interface Neighbour extends NeighbourRow {
  /** What both belong to, the closest. */
  shared: { level: 'epci' | 'departement' | 'region'; name: string }
}

/** Instances known here that stand for a commune of the same EPCI, département or region; the closest first. */
export async function neighbours(ctx: Ctx): Promise<Neighbour[]> {
  const mine = await territoryFacts(ctx)
  const rows = await neighbouringHosts(ctx, mine)
  const levels = ['epci', 'departement', 'region'] as const
  return rows
    .flatMap((row): Neighbour[] => {
      const level = levels.find((one) => mine[one] !== undefined && mine[one].code === row.territory[one]?.code)
      return level === undefined ? [] : [{ ...row, shared: { level, name: mine[level]!.name } }]
    })
    .sort((one, other) => levels.indexOf(one.shared.level) - levels.indexOf(other.shared.level) || one.host.localeCompare(other.host))
}
