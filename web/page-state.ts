// What a rendered page carries to the browser inside <script type="application/json">: data only, no code (the CSP allows no inline script).
import type { hydrateQueryCache } from '@pinia/colada'
import type { SiteSummary } from './entities.ts'
import type { FormAnswer } from './page-context.ts'
import type { Lang } from './i18n.ts'

export interface PageState {
  site: SiteSummary | null
  lang: Lang
  renderedAt: number
  signedIn: boolean
  form: FormAnswer | null
  /** As @pinia/colada writes and reads it. */
  queries: Parameters<typeof hydrateQueryCache>[1]
}

/** JSON that can stand inside a script element: no `<` that could close it, no line separators. */
export function inlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
