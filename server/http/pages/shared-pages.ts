// Pages strangers share, kept for a moment: a link that spreads is rendered once, not for each of a thousand readers.
// Never for anyone signed in; forgotten as soon as somebody here changes anything.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** What other servers send, or another process writes, shows within this time. */
const KEPT_MS = 1000
/** About 100 kB each: the pages of a burst, not the whole site. */
const MAX_PAGES = 100

export interface SharedPage {
  status: number
  link: string
  html: Buffer
  gzipped: Buffer
}

export interface SharedPages {
  /** The page under this key, rendered once for all who ask at the same time. Only status 200 is kept. */
  get(key: string, render: () => Promise<Omit<SharedPage, 'gzipped'>>): Promise<SharedPage>
  forget(): void
}

export function createSharedPages(): SharedPages {
  const pages = new Map<string, { page: Promise<SharedPage>; until: number }>()
  return {
    async get(key, render) {
      const found = pages.get(key)
      if (found !== undefined && found.until > performance.now()) return await found.page
      if (pages.size >= MAX_PAGES) pages.clear()
      const entry = { page: compressed(render()), until: Number.POSITIVE_INFINITY }
      pages.set(key, entry)
      const drop = (): void => {
        if (pages.get(key) === entry) pages.delete(key)
      }
      const page = await entry.page.catch((error: unknown) => {
        drop()
        throw error
      })
      if (page.status === 200) entry.until = performance.now() + KEPT_MS
      else drop()
      return page
    },
    forget: () => pages.clear()
  }
}

async function compressed(rendering: Promise<Omit<SharedPage, 'gzipped'>>): Promise<SharedPage> {
  const page = await rendering
  return { ...page, gzipped: await promisify(gzip)(page.html, { level: 5 }) }
}
