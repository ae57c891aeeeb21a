// Texts of the pages in the reader's language: one i18next instance per page, French is complete and the fallback.
import { createInstance, type i18n } from 'i18next'

export type Lang = 'fr' | 'en'
export const LANGS: Lang[] = ['fr', 'en']

export type Translate = (key: string, values?: Record<string, string | number>) => string

export interface Texts {
  t: Translate
  /** More texts, of a part of the site that is opened later. */
  add(texts: Record<string, unknown>): void
}

/** A translating function and its texts. Texts without values, or with a number alone, are made once: a page asks for the same few hundreds of times. */
export function createTexts(lang: Lang, texts: Record<string, unknown>): Texts {
  const i18n = createI18n(lang, texts)
  const plain = new Map<string, string>()
  const t: Translate = (key, values) => {
    const count = values === undefined ? '' : onlyCount(values)
    if (count === null) return i18n.t(key, values)
    const slot = `${key} ${count}`
    let text = plain.get(slot)
    if (text === undefined) {
      text = i18n.t(key, values)
      if (plain.size > MAX_KEPT) plain.clear()
      plain.set(slot, text)
    }
    return text
  }
  const add = (more: Record<string, unknown>): void => {
    i18n.addResourceBundle(lang, 'translation', more, true)
    plain.clear()
  }
  return { t, add }
}

/** The texts themselves and the usual small numbers fit many times over. */
const MAX_KEPT = 5000

function onlyCount(values: Record<string, string | number>): number | null {
  const { count } = values
  return typeof count === 'number' && Object.keys(values).length === 1 ? count : null
}

/** An instance that holds these texts; synchronous, because the texts are already loaded. */
function createI18n(lang: Lang, texts: Record<string, unknown>): i18n {
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
