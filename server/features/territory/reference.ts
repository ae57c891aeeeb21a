// The communes of France and what they belong to, from the code géographique officiel as the npm package @etalab/decoupage-administratif
// carries it (Licence Ouverte). Nothing is asked of the network. The files are large: read when something is asked, given back after a while.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

export type Level = 'country' | 'region' | 'departement' | 'epci' | 'commune'

/** One territory: INSEE code, SIREN for an EPCI, ISO 3166 for the country; '' where a level was entered by hand. */
export interface Territory {
  /** One of Level, or the name a level has in another country. */
  level: Level | (string & {})
  code: string
  name: string
}

export interface Commune {
  code: string
  name: string
  postalCodes: string[]
  population: number | null
  departement: string
}

interface Reference {
  communes: Map<string, Commune & { region: string; folded: string }>
  departements: Map<string, string>
  regions: Map<string, string>
  /** By the code of a member. */
  epcis: Map<string, { code: string; name: string }>
}

type Json = ReturnType<typeof JSON.parse>

const KEPT_MS = 5 * 60_000
const require = createRequire(import.meta.url)
let reference: Promise<Reference> | null = null
let forgetting: NodeJS.Timeout | undefined

function load(): Promise<Reference> {
  clearTimeout(forgetting)
  forgetting = setTimeout(() => (reference = null), KEPT_MS).unref()
  reference ??= read()
  return reference
}

async function read(): Promise<Reference> {
  const file = async (name: string): Promise<Json[]> =>
    JSON.parse(await readFile(require.resolve(`@etalab/decoupage-administratif/data/${name}.json`), 'utf8'))
  const [communes, departements, regions, epcis] = await Promise.all(['communes', 'departements', 'regions', 'epci'].map(file))
  const named = (list: Json[]): Map<string, string> => new Map(list.map(({ code, nom }) => [code, nom]))
  return {
    communes: new Map(
      communes!
        .filter(({ type }) => type === 'commune-actuelle')
        .map(({ code, nom: name, codesPostaux, population, departement, region, collectiviteOutremer: overseas }) => [
          code,
          {
            code,
            name,
            postalCodes: codesPostaux ?? [],
            population: population ?? null,
            departement: departement ?? overseas?.code ?? '',
            region: region ?? '',
            folded: folded(name)
          }
        ])
    ),
    departements: named(departements!),
    regions: named(regions!),
    epcis: new Map(epcis!.flatMap(({ code, nom: name, membres }) => membres.map((member: Json) => [member.code, { code, name }] as const)))
  }
}

/** Accents, capitals, hyphens and apostrophes do not matter: « saint leu » finds Saint-Leu. */
function folded(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('œ', 'oe')
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
}

/** What a commune belongs to, from the country down to itself; [] for a code that is none. */
export async function chainOf(insee: string): Promise<Territory[]> {
  const { communes, departements, regions, epcis } = await load()
  const commune = communes.get(insee)
  if (commune === undefined) return []
  const epci = epcis.get(insee)
  const named = (level: Level, code: string, name: string | undefined): Territory[] => (name === undefined ? [] : [{ level, code, name }])
  return [
    { level: 'country', code: 'FR', name: 'France' },
    ...named('region', commune.region, regions.get(commune.region)),
    ...named('departement', commune.departement, departements.get(commune.departement)),
    ...named('epci', epci?.code ?? '', epci?.name),
    { level: 'commune', code: commune.code, name: commune.name }
  ]
}

/** Communes whose name begins so, or with this postal or INSEE code; the largest first. Asked for with less than two signs: []. */
export async function communesLike(text: string, limit: number): Promise<Commune[]> {
  const wanted = folded(text)
  if (wanted.length < 2) return []
  const { communes } = await load()
  const isCode = /^\d[\dab]\d{0,3}$/.test(wanted)
  const matches = (commune: Commune & { folded: string }): boolean =>
    isCode
      ? commune.code.toLowerCase().startsWith(wanted) || commune.postalCodes.some((code) => code.startsWith(wanted))
      : commune.folded.startsWith(wanted) || commune.folded.includes(` ${wanted}`)
  return [...communes.values()]
    .filter(matches)
    .sort((one, other) => rank(one, wanted) - rank(other, wanted) || (other.population ?? 0) - (one.population ?? 0))
    .slice(0, limit)
    .map(({ code, name, postalCodes, population, departement }) => ({ code, name, postalCodes, population, departement }))
}

function rank({ folded: name }: { folded: string }, wanted: string): number {
  return name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2
}
