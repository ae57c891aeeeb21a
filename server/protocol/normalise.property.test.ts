// P13 over real documents: damaged in any way, they are read or refused with a typed 400, quickly, and never half-read.
// FUZZ_RUNS asks for more cases than the default of a push (the release gate: 1,000,000).
import fc from 'fast-check'
import t from 'tap'
import { isAppError } from '../core/errors.ts'
import { sanitize } from '../core/html.ts'
import { parseJson } from '../core/json.ts'
import { ownDocuments, publicDocuments } from '../test/corpus.ts'
import { mutate, mutations } from '../test/mutate.ts'
import { readActorDocument } from './actor-document.ts'
import { authorise, bareFacts } from './authorise.ts'
import { dedupKey } from './inbox-accept.ts'
import { involvedHosts } from './involved.ts'
import { isActorType, normaliseActivity, normaliseObject, type NormActivity, type NormObject } from './normalise.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 6000)
/** Processor time one document may take (P13: no stall over 50 ms). */
const STALL_MS = 50

const documents = [...ownDocuments(), ...publicDocuments()]
const donors = documents.map(({ json }) => json)

/** The result, or null when it is refused with a 400 of ours. Anything else thrown is the finding. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (isAppError(error) && error.status === 400 && error.code.startsWith('document.')) return null
    throw error
  }
}

/** Processor time of this process, not the time of day: the machine may be busy with other things. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const damaged = fc.record({ document: fc.nat(documents.length - 1), mutations }).map(({ document, mutations }) => ({
  name: documents[document]!.name,
  mutations,
  // Through text, as it would arrive.
  text: JSON.stringify(mutate(documents[document]!.json, mutations, donors))
}))

/** The judgement with the facts that the document itself brings. */
function judge({ type, actor, id, objects }: NormActivity): void {
  const [ref] = objects
  const facts = bareFacts({ type, signer: actor, actor, id, own: 'https://commune.test' })
  const claimedAuthor = ref?.object?.attributedTo ?? null
  authorise({ ...facts, objectId: ref?.id ?? null, aboutActor: isActorType(ref?.type ?? null), claimedAuthor })
}

/** What must hold of everything that was read, whatever it was read from. */
function soundness(norm: NormObject): string[] {
  const wrong: string[] = []
  const texts = [norm.name, norm.summary, norm.content, norm.language, norm.kind, norm.url, ...norm.tags.map((tag) => tag.name)]
  for (const text of texts) if (text !== null && (text.includes('\u0000') || !text.isWellFormed())) wrong.push('a text PostgreSQL refuses')
  if ((norm.name?.length ?? 0) > 512 || (norm.summary?.length ?? 0) > 2000 || norm.content.length > 131_072) wrong.push('a text too long')
  if (norm.tags.length > 64 || norm.attachments.length > 16 || norm.to.length > 256 || norm.cc.length > 256) wrong.push('a list too long')
  for (const { url } of norm.attachments) if (!/^https?:\/\//i.test(url)) wrong.push(`an attachment at ${url}`)
  if (norm.url !== null && !/^https?:\/\//i.test(norm.url)) wrong.push(`a link to ${norm.url}`)
  for (const date of [norm.published, norm.updated, norm.startTime, norm.endTime])
    if (date !== null && Number.isNaN(date.getTime())) wrong.push('a date that is none')
  if (norm.startTime !== null && norm.endTime !== null && norm.endTime < norm.startTime) wrong.push('an end before the start')
  if (norm.poll?.options.some((option) => (option.votes ?? 0) < 0)) wrong.push('fewer than no votes')
  return wrong
}

t.test(
  'P13: every damaged document is read soundly or refused with a 400, as an activity, an object and an actor, within 50 ms',
  { timeout: 0 },
  async (t) => {
    let read = 0
    let worst = { ms: 0, name: '' }
    fc.assert(
      fc.property(damaged, ({ name, text }) => {
        const bytes = Buffer.from(text)
        const found: string[] = []
        // All that the event loop does for one document without a pause: from its bytes to the judgement, and to the text that is kept.
        const measure = (): number =>
          cpuMs(() => {
            const json = attempt(() => parseJson(bytes))
            if (json === null) return
            const activity = attempt(() => normaliseActivity(json))
            if (activity !== null) {
              involvedHosts(activity, activity.actor)
              judge(activity)
              dedupKey(activity, activity.actor)
            }
            const object = attempt(() => normaliseObject(json))
            attempt(() => readActorDocument(json))
            for (const norm of [object, ...(activity?.objects.map((ref) => ref.object) ?? [])]) {
              if (norm === null || norm === undefined) continue
              read += 1
              found.push(...soundness(norm))
              sanitize(norm.content, norm.type === 'Note' ? 'short' : 'long')
            }
          })
        let ms = measure()
        // A collection of garbage is not the document's doing: what is slow is slow again.
        for (let again = 0; again < 3 && ms > STALL_MS / 3; again += 1) ms = Math.min(ms, measure())
        if (ms > worst.ms) worst = { ms, name }
        if (found.length > 0) throw new Error(`${name}: ${found.join(', ')}`)
        if (ms > STALL_MS) throw new Error(`${name} takes ${Math.round(ms)} ms of processor time`)
      }),
      { numRuns: RUNS, ...(process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) }) }
    )
    t.ok(read > RUNS / 4, `${read} readings of ${RUNS} documents; the slowest took ${worst.ms.toFixed(1)} ms (${worst.name})`)
    t.equal(({} as { polluted?: unknown }).polluted, undefined, 'J13: no prototype was touched')
  }
)

t.test('the author, the id and the audience that are read are those the document says, or it is refused', async (t) => {
  fc.assert(
    fc.property(damaged, ({ text }) => {
      const json = JSON.parse(text) as Record<string, unknown>
      const activity = attempt(() => normaliseActivity(json))
      if (activity === null || Object.hasOwn(json, '@graph')) return
      const said = (value: unknown): unknown => {
        const one = Array.isArray(value) ? (value as unknown[])[0] : value
        return typeof one === 'object' && one !== null
          ? (one as { type?: unknown }).type === 'Link'
            ? (one as { href?: unknown }).href
            : (one as { id?: unknown }).id
          : one
      }
      if (activity.actor !== said(json.actor)) throw new Error('another actor')
      if (activity.id !== null && activity.id !== json.id) throw new Error('another id')
      if (activity.to.includes('https://www.w3.org/ns/activitystreams#Public') && !/Public/.test(JSON.stringify(json.to)))
        throw new Error('public without saying so')
    }),
    { numRuns: Math.ceil(RUNS / 3) }
  )
  t.pass()
})

t.test('reading is a function: the same document read twice is the same, and is left as it was', async (t) => {
  fc.assert(
    fc.property(damaged, ({ text }) => {
      const json: unknown = JSON.parse(text)
      const [one, two] = [attempt(() => normaliseActivity(json)), attempt(() => normaliseActivity(JSON.parse(text)))]
      if (JSON.stringify(one) !== JSON.stringify(two) || JSON.stringify(json) !== text) throw new Error('not the same')
    }),
    { numRuns: Math.ceil(RUNS / 6) }
  )
  t.pass()
})
