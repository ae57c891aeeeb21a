// The server's side: renders one page to HTML with the reader's own view of the API. Called by server/http/pages.ts only.
import { serializeQueryCache, useQueryCache } from '@pinia/colada'
import { renderToString, type SSRContext } from 'vue/server-renderer'
import { createMemoryHistory } from 'vue-router'
import { createApi, type Transport } from './api.ts'
import type { SiteSummary } from './entities.ts'
import { createTexts, type Lang, type Translate } from './i18n.ts'
import en from './locales/en.json'
import fr from './locales/fr.json'
import enMembers from './locales/members/en.json'
import frMembers from './locales/members/fr.json'
import { createCommunerApp } from './main.ts'
import type { FormAnswer, PageContext, PageHead } from './page-context.ts'
import { inlineJson, type PageState } from './page-state.ts'
import { areasOf } from './router.ts'

export interface RenderRequest {
  /** Path and query. */
  url: string
  lang: Lang
  site: SiteSummary | null
  now: Date
  signedIn: boolean
  form: FormAnswer | null
  transport: Transport
}

export interface RenderedPage {
  html: string
  /** Goes into <script type="application/json" id="page-state">. */
  state: string
  head: PageHead
  /** Source files that took part, to preload their scripts. */
  modules: string[]
  /** Where a guard sends the reader instead, if it does. */
  redirect: string | null
}

// Texts do not change while the server runs: all readers of a language share them.
const AREAS = import.meta.glob<Record<string, unknown>>('./locales/areas/*/*.json', { import: 'default', eager: true })
const TRANSLATE = { fr: translate('fr', { ...fr, ...frMembers }), en: translate('en', { ...en, ...enMembers }) }

function translate(lang: Lang, texts: Record<string, unknown>): Translate {
  const ofAreas = Object.entries(AREAS).flatMap(([path, area]) => (path.endsWith(`/${lang}.json`) ? [area] : []))
  return createTexts(lang, Object.assign({}, texts, ...ofAreas) as Record<string, unknown>).t
}

/** Renders the page at `url`. Failures of the API show inside the page; throws only on a fault of ours. */
export async function render(request: RenderRequest): Promise<RenderedPage> {
  const context: PageContext = {
    site: request.site,
    lang: request.lang,
    renderedAt: request.now.getTime(),
    signedIn: request.signedIn,
    form: request.form,
    api: createApi(request.transport),
    t: TRANSLATE[request.lang],
    heads: []
  }
  const { app, router, pinia } = createCommunerApp(context, createMemoryHistory())
  await router.push(request.url)
  await router.isReady()
  const arrived = router.currentRoute.value.fullPath
  if (arrived !== router.resolve(request.url).fullPath) return { html: '', state: '', head: {}, modules: [], redirect: arrived }
  const ssrContext: SSRContext = {}
  const html = await renderToString(app, ssrContext)
  const state: PageState = {
    site: request.site,
    lang: request.lang,
    renderedAt: context.renderedAt,
    signedIn: request.signedIn,
    form: request.form,
    queries: serializeQueryCache(useQueryCache(pinia)) as PageState['queries']
  }
  const head: PageHead = Object.assign({}, ...(context.heads ?? []).map((read) => read()))
  const texts = areasOf(router.currentRoute.value).map((area) => `locales/areas/${area}/${request.lang}.json`)
  const modules = [...((ssrContext as { modules?: Set<string> }).modules ?? []), ...texts]
  return { html, state: inlineJson(state), head, modules, redirect: null }
}
