// What FEDERATION.md shows of each activity, held against activities really made: nothing is sent that is not shown there.
import { readFileSync } from 'node:fs'

type Json = Record<string, unknown>

const text = readFileSync(new URL('../../FEDERATION.md', import.meta.url), 'utf8')
const shown = [...text.matchAll(/```json\n([\s\S]*?)```/g)]
  .map((match) => JSON.parse(match[1]!) as Json)
  .filter((json) => json['actor'] !== undefined && json['object'] !== undefined)

/** What an activity does that its examples do not show: one line each. An activity of the same type about the same type counts most. */
export function undocumented(activity: Json): string[] {
  const name = nameOf(activity)
  const ofType = shown.filter((example) => example['type'] === activity['type'])
  const exact = ofType.filter((example) => nameOf(example) === name)
  const examples = exact.length > 0 ? exact : ofType
  if (examples.length === 0) return [`${name} has no example`]
  return Object.entries(activity).flatMap(([key, value]) => {
    if (key === '@context') return []
    const kinds = new Set(examples.flatMap((example) => (key in example ? kindOf(example[key]) : [])))
    if (kinds.size === 0) return [`${name} has ${key}, its examples have not`]
    // A post may be embedded or named.
    return kinds.has(kindOf(value)) || key === 'object'
      ? []
      : [`${name} has ${key} as ${kindOf(value)}, its examples as ${[...kinds].join()}`]
  })
}

/** `Accept{Join}`; the type alone where the object is only named. */
function nameOf({ type, object }: Json): string {
  const inner = typeof object === 'object' && object !== null && !Array.isArray(object) ? (object as Json)['type'] : undefined
  return typeof inner === 'string' ? `${String(type)}{${inner}}` : String(type)
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value
}

/** The activity itself; throws an Error that names what FEDERATION.md does not show. */
export function documented<T extends Json>(activity: T): T {
  const missing = undocumented(activity)
  if (missing.length > 0) throw new Error(`FEDERATION.md: ${missing.join('; ')} (${JSON.stringify(activity).slice(0, 600)})`)
  return activity
}
