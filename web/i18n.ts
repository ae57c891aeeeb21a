// Texts of the pages in the reader's language: one i18next instance per page, French is complete and the fallback.
import { createInstance, type i18n } from 'i18next'

export type Lang = 'fr' | 'en'
export const LANGS: Lang[] = ['fr', 'en']

export type Translate = (key: string, values?: Record<string, string | number>) => string

/** An instance that holds these texts; synchronous, because the texts are already loaded. */
export function createI18n(lang: Lang, texts: Record<string, unknown>): i18n {
  const instance = createInstance()
  void instance.init({
    lng: lang,
    fallbackLng: lang,
    initAsync: false,
    showSupportNotice: false,
    resources: { [lang]: { translation: texts } },
    interpolation: { escapeValue: false }
  } as Parameters<i18n['init']>[0])
  return instance
}
