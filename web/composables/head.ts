// What the page says about itself: collected when the server renders, kept current in the browser's tab afterwards.
import { watchEffect } from 'vue'
import { usePage, type PageHead } from '../page-context.ts'

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

/** "Agenda · Saint-Leu": the page first, because tabs are narrow. */
export function pageTitle(title: string | undefined, siteName: string | undefined): string {
  const name = siteName ?? 'Communer'
  return title ? `${title} · ${name}` : name
}
