// Documents that real servers publish: each is read, stored and shown, and what a reader gets to see of it is kept and reviewed as text in
// server/test/snapshots. UPDATE_SNAPSHOTS=1 writes them anew; read the difference before keeping it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { capturedDocuments, publicDocuments, PUBLIC_MISSING, type CorpusDocument } from '../../test/corpus.ts'
import { testContext } from '../../test/context.ts'
import { reading } from '../../test/reading.ts'

/** What is refused, and why that is right. */
const REFUSED = new Map<string, string>([
  ['captured/docs/gts-main-key.json', 'a key with its owner’s name, without an inbox: nobody to write to']
])

/** Actors first: they are the authors of the rest. */
function inOrder(documents: CorpusDocument[]): CorpusDocument[] {
  const isActor = ({ json }: CorpusDocument): boolean => json.inbox !== undefined
  return [...documents.filter(isActor), ...documents.filter((document) => !isActor(document))]
}

async function compare(t: Test, software: string, documents: CorpusDocument[]): Promise<void> {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-23T00:00:00Z') })
  const read: string[] = []
  for (const document of inOrder(documents)) {
    const text = await reading(ctx, document)
    read.push(text)
    t.equal(/REFUSED|NOT /.test(text), REFUSED.has(document.name), `${document.name} is read and shown`)
    t.notMatch(text, /text: .*(<[a-z/]|&lt;|&amp;)/, 'without markup in the text')
  }
  const shown = `${read.join('\n\n')}\n`
  const file = new URL(`../../test/snapshots/${software}.txt`, import.meta.url)
  if (process.env.UPDATE_SNAPSHOTS) writeFileSync(file, shown)
  t.ok(existsSync(file), 'what it looks like was reviewed')
  t.equal(shown, existsSync(file) ? readFileSync(file, 'utf8') : '', 'and it looks like that')
}

t.test('documents captured from running servers', async (t) => {
  const documents = capturedDocuments().filter(({ json }) => json.type !== undefined)
  t.ok(documents.length > 15)
  await compare(t, 'captured', documents)
})

t.test('documents of the public collection', { skip: PUBLIC_MISSING }, async (t) => {
  const documents = publicDocuments().filter(({ json }) => json.type !== undefined)
  const all = new Set(documents.map(({ name }) => name.split('/')[0]!))
  t.ok(all.size > 10)
  for (const software of all)
    await t.test(software, async (t) =>
      compare(
        t,
        software,
        documents.filter(({ name }) => name.startsWith(`${software}/`))
      )
    )
})
