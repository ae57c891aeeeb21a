// The examples of FEDERATION.md are documents we could send: each keeps the wire profile as far as it goes.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { withContext, type WireDocument } from './context.ts'
import { wireProblems } from './assert-wire.ts'
import { EXAMPLES } from '../test/examples.ts'

const text = readFileSync(new URL('../../FEDERATION.md', import.meta.url), 'utf8')
const blocks = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1]!)

/** What an example leaves out to stay short; what it does say is judged. */
function completed(json: WireDocument): WireDocument {
  const lists = { to: [], cc: [], ...(json['object'] === undefined ? { tag: [], attachment: [] } : {}) }
  const content = json['content'] === undefined ? {} : { contentMap: { fr: json['content'] } }
  const inner = json['object']
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { object: completed(inner as WireDocument) } : {}
  return { ...lists, ...content, ...json, ...object }
}

t.test('every example of FEDERATION.md is JSON, with its type and the rules of the wire', async (t) => {
  t.ok(blocks.length > 0)
  for (const block of blocks) {
    const json = completed(JSON.parse(block) as WireDocument)
    // A stamp is no content: it has its four properties and nothing to show.
    if (json['type'] === 'QuoteAuthorization') continue
    const document = json['@context'] === undefined ? withContext(json) : json
    t.same(wireProblems(document), [], block.slice(0, 80))
  }
})

t.test('the objects of FEDERATION.md are what our builders make', async (t) => {
  const shown = new Map([...text.matchAll(/### (.+)\n\n(?:[^`#]+\n\n)?```json\n([\s\S]*?)```/g)].map((match) => [match[1]!, match[2]!]))
  for (const [name, built] of Object.entries(EXAMPLES))
    t.same(JSON.parse(shown.get(name) ?? 'null'), JSON.parse(JSON.stringify(built)), name)
})
