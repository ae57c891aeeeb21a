// The browser's side: takes over the page the server rendered, with the data it carried.
import { hydrateQueryCache, useQueryCache } from '@pinia/colada'
import { createWebHistory } from 'vue-router'
import { browserTransport, createApi } from './api.ts'
import { createTexts } from './i18n.ts'
import { createCommunerApp } from './main.ts'
import type { PageContext } from './page-context.ts'
import type { PageState } from './page-state.ts'
import { areasOf } from './router.ts'
import './styles/index.css'

const state = JSON.parse(document.getElementById('page-state')?.textContent ?? '{}') as PageState
const isEnglish = state.lang === 'en'
// A visitor has no settings: their texts come for who is signed in.
const [texts, more] = await Promise.all([
  isEnglish ? import('./locales/en.json') : import('./locales/fr.json'),
  state.signedIn ? (isEnglish ? import('./locales/members/en.json') : import('./locales/members/fr.json')) : null
])
const known = createTexts(state.lang, { ...texts.default, ...more?.default })
const context: PageContext = {
  site: state.site,
  lang: state.lang,
  renderedAt: state.renderedAt,
  signedIn: state.signedIn,
  form: state.form,
  api: createApi(browserTransport),
  t: known.t,
  heads: null
}
const { app, router, pinia } = createCommunerApp(context, createWebHistory())
const areas = import.meta.glob<Record<string, unknown>>('./locales/areas/*/*.json', { import: 'default' })
router.beforeResolve(async (to) => {
  for (const area of areasOf(to)) {
    const load = areas[`./locales/areas/${area}/${state.lang}.json`]
    if (load === undefined) continue
    known.add(await load())
    delete areas[`./locales/areas/${area}/${state.lang}.json`]
  }
})
hydrateQueryCache(useQueryCache(pinia), state.queries)
await router.isReady()
app.mount('#app')
// From here on the page answers: what tests, and people's scripts, may wait for.
document.documentElement.dataset['ready'] = ''
