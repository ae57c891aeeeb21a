// What the page says about itself: collected when the server renders, kept current in the browser's tab afterwards.
import { watchEffect } from 'vue'
import type { Translate } from '../i18n.ts'
import { usePage, type PageHead } from '../page-context.ts'
import { failureOf } from './errors.ts'

/** Declares title, description and the rest; the getter is read again when its data change. */
export function useHead(read: () => PageHead): void {
  const { heads, site } = usePage()
  if (heads !== null) {
    heads.push(read)
    return
  }
  watchEffect(() => {
    document.title = pageTitle(read().title, site?.name)
  })
}

/** The head of a page whose subject is not there, with the status the server answers. */
export function missingHead(t: Translate, error: unknown): PageHead {
  const { status } = failureOf(error)
  return { title: t('error.missingTitle'), noindex: true, status: status > 0 ? status : 404 }
}

/** "Agenda · Saint-Leu": the page first, because tabs are narrow. */
export function pageTitle(title: string | undefined, siteName: string | undefined): string {
  const name = siteName ?? 'Communer'
  return title ? `${title} · ${name}` : name
}
