// Documents of the fediverse for tests: written from peers' serialisers, captured from running servers, and, when it stands beside the
// checkout (or at COMMUNER_FIXTURES), the public collection of real documents, which is read in place and never copied.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface CorpusDocument {
  /** `lemmy/objects/page.json`, for messages. */
  name: string
  json: Record<string, unknown>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const shared = process.env.COMMUNER_FIXTURES ?? join(root, '../shared/fixtures')

/** Where the public collection is, or null when it is not there. */
export const PUBLIC_DOCUMENTS: string | null = existsSync(join(shared, 'public')) ? join(shared, 'public') : null

/** The reason tests of the public collection are skipped with, or false. */
export const PUBLIC_MISSING: string | false =
  PUBLIC_DOCUMENTS === null ? 'the public collection of documents (../shared/fixtures/public) is not here' : false

/** What the project itself holds: written documents, and the bodies and documents captured from running servers. */
export function ownDocuments(): CorpusDocument[] {
  return [...documentsIn(join(root, 'federation-tests/fixtures/wire'), 'wire'), ...communecterDocuments(), ...capturedDocuments()]
}

/** The irregular shapes of Communecter, written by us after its documentation (`communecter/join.json`). */
export function communecterDocuments(): CorpusDocument[] {
  return documentsIn(join(root, 'federation-tests/fixtures/communecter'), 'communecter')
}

/** Bodies of captured requests (`inbox/…`) and captured documents (`docs/…`). */
export function capturedDocuments(): CorpusDocument[] {
  return documentsIn(join(root, 'federation-tests/fixtures/captured'), 'captured')
}

/** The public collection, one software after the other; empty when it is not there. */
export function publicDocuments(): CorpusDocument[] {
  return PUBLIC_DOCUMENTS === null ? [] : documentsIn(PUBLIC_DOCUMENTS, '').filter(({ name }) => !name.includes('AP-location'))
}

function documentsIn(directory: string, prefix: string): CorpusDocument[] {
  return readdirSync(directory)
    .sort()
    .flatMap((entry) => {
      const path = join(directory, entry)
      const name = prefix === '' ? entry : `${prefix}/${entry}`
      if (statSync(path).isDirectory()) return documentsIn(path, name)
      if (!entry.endsWith('.json')) return []
      return readDocument(path, name)
    })
}

/** Captured requests stand with their headers and their raw body, some documents with how they were asked for. Files that hold no JSON object are left out. */
function readDocument(path: string, name: string): CorpusDocument[] {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
    const { id, headers, body, json: inner } = json as { id?: unknown; headers?: unknown; body?: unknown; json?: unknown }
    if (headers !== undefined && typeof body === 'string') json = JSON.parse(body)
    else if (id === undefined && inner !== undefined) json = inner
  } catch {
    return []
  }
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? [{ name, json: json as Record<string, unknown> }] : []
}
