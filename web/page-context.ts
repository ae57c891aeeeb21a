// What every page is given from outside: the commune, the language, the moment of rendering and the API. Provided once by the entries.
import { inject, type InjectionKey } from 'vue'
import type { Api } from './api.ts'
import type { SiteSummary } from './entities.ts'
import type { Lang, Translate } from './i18n.ts'

export interface PageContext {
  /** Null until the commune is set up. */
  site: SiteSummary | null
  lang: Lang
  /** Milliseconds: the moment the server rendered, so that both sides say "3 minutes ago" alike. */
  renderedAt: number
  signedIn: boolean
  api: Api
  t: Translate
  /** What became of a form that was sent without script, or null. */
  form: FormAnswer | null
  /** On the server: collects what pages say about themselves. */
  heads: (() => PageHead)[] | null
}

/** A form that was refused, or wants another step: what its page shows again. */
export interface FormAnswer {
  /** Id of the form's error summary. */
  id: string
  code: string
  /** A sentence for the reader. */
  problem: string
  /** The field it is about, or ''. */
  field: string
  /** What was typed, without secrets. */
  values: Record<string, string>
}

/** What a page says about itself to browsers, search engines and previews. */
export interface PageHead {
  title?: string
  description?: string
  /** Path or absolute URL. */
  canonical?: string
  image?: string
  type?: 'website' | 'article' | 'profile'
  /** IRI of the same thing as an ActivityPub document. */
  activity?: string
  feeds?: { type: 'application/atom+xml' | 'application/feed+json' | 'text/calendar'; href: string; title: string }[]
  jsonLd?: Record<string, unknown>
  noindex?: boolean
  status?: number
}

export const PAGE_CONTEXT: InjectionKey<PageContext> = Symbol('page context')

export function usePage(): PageContext {
  const context = inject(PAGE_CONTEXT)
  if (context === undefined) throw new Error('the page context is not provided')
  return context
}

/** The commune; pages that need it are only reachable once it is set up. */
export function useSite(): SiteSummary {
  const { site } = usePage()
  if (site === null) throw new Error('the commune is not set up')
  return site
}

export function useApi(): Api {
  return usePage().api
}

export function useT(): Translate {
  return usePage().t
}
