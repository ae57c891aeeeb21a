// Puts the app together the same way in the browser and on the server.
import { createPinia, type Pinia } from 'pinia'
import { PiniaColada, PiniaColadaSSRNoGc } from '@pinia/colada'
import { createSSRApp, type App as VueApp } from 'vue'
import type { Router, RouterHistory } from 'vue-router'
import App from './App.vue'
import { PAGE_CONTEXT, type PageContext } from './page-context.ts'
import { createPages } from './router.ts'

export interface AppParts {
  app: VueApp
  router: Router
  pinia: Pinia
}

export function createCommunerApp(context: PageContext, history: RouterHistory): AppParts {
  const app = createSSRApp(App)
  const pinia = createPinia()
  app.use(pinia)
  app.use(PiniaColada, {
    plugins: import.meta.env.SSR ? [PiniaColadaSSRNoGc()] : [],
    // A failed part of a page shows its error state; it never takes the page down.
    queryOptions: { ssrCatchError: true, staleTime: 20_000 }
  })
  const router = createPages(history, context)
  app.provide(PAGE_CONTEXT, context)
  app.use(router)
  return { app, router, pinia }
}
