// What is being written survives a reload: kept in this browser, for this person, apart for each place one may write in.
import { nextTick, onMounted, watch, type Ref } from 'vue'

/** The fields of a message that are kept; images and polls are not. */
export interface DraftFields {
  text: Ref<string>
  spoiler: Ref<string>
  title: Ref<string>
}

const PREFIX = 'communer-draft:'
/** Thirty days: older drafts are forgotten. */
const MAX_AGE_MS = 30 * 86_400_000
/** Keys come faster than a browser likes to write. */
const PAUSE_MS = 300

type Kept = { text: string; spoiler: string; title: string; at: number }

/** Restores the draft of `place` once the page is awake, keeps it while it changes; the function returned forgets it. */
export function useDraft(person: string, place: string, fields: DraftFields): () => void {
  const key = `${PREFIX}${person}:${place}`
  const initial = fields.text.value
  let timer: ReturnType<typeof setTimeout> | undefined
  const keep = (): void => {
    const { text, spoiler, title } = { text: fields.text.value, spoiler: fields.spoiler.value, title: fields.title.value }
    if ((text === initial || text.trim() === '') && spoiler === '' && title === '') forget()
    else store(() => localStorage.setItem(key, JSON.stringify({ text, spoiler, title, at: Date.now() } satisfies Kept)))
  }
  const forget = (): void => {
    clearTimeout(timer)
    store(() => localStorage.removeItem(key))
  }
  onMounted(async () => {
    forgetOld()
    const kept = read(key)
    // What was typed while the page woke up is newer than any draft.
    if (kept !== null && fields.text.value === initial) {
      fields.text.value = kept.text
      fields.spoiler.value = kept.spoiler
      fields.title.value = kept.title
    }
    await nextTick()
    watch([fields.text, fields.spoiler, fields.title], () => {
      clearTimeout(timer)
      timer = setTimeout(keep, PAUSE_MS)
    })
  })
  return forget
}

/** Forgets every draft of this browser: the next person at a shared computer must not find them. */
export function forgetDrafts(): void {
  store(() => draftKeys().forEach((key) => localStorage.removeItem(key)))
}

function forgetOld(): void {
  store(() =>
    draftKeys().forEach((key) => {
      if (Date.now() - (read(key)?.at ?? 0) > MAX_AGE_MS) localStorage.removeItem(key)
    })
  )
}

function draftKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))
}

function read(key: string): Kept | null {
  try {
    const { text, spoiler, title, at } = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Kept>
    return typeof text === 'string' ? { text, spoiler: spoiler ?? '', title: title ?? '', at: at ?? 0 } : null
  } catch {
    return null
  }
}

/** A browser may refuse storage or be full; writing goes on all the same. */
function store(work: () => void): void {
  try {
    work()
  } catch {
    // Nothing is kept, nothing is lost that is on the screen.
  }
}
