// What a writer may mean by the word being typed: a person after @, a hashtag after #, an emoji after a colon.
import { computed, nextTick, ref, type ComputedRef, type Ref } from 'vue'
import type { Account, CustomEmoji, SearchResults } from '../entities.ts'
import { usePage } from '../page-context.ts'
import { imagePath, nameOf } from './addresses.ts'

/** The word before the caret, without its sign; `start` is where the sign stands. */
export interface Trigger {
  kind: 'person' | 'tag' | 'emoji'
  query: string
  start: number
}

export interface Suggestion {
  /** What takes the place of the word. */
  text: string
  label: string
  hint: string
  account: Account | null
  /** Path of a custom emoji's picture. */
  picture: string | null
}

/** Long enough between two keys to have stopped typing. */
const PAUSE_MS = 180
const MAX_SHOWN = 6
const WORD = /(?<![\p{L}\p{N}_@#:/.])(@[\w.-]+(?:@[\w.-]*)?|#[\p{L}\p{N}_]{1,}|:[\p{L}\p{N}_+-]{2,})$/u
const KINDS = { '@': 'person', '#': 'tag', ':': 'emoji' } as const

/** What is being typed at `caret`, or null when it is none of the three. */
export function triggerAt(text: string, caret: number): Trigger | null {
  const word = WORD.exec(text.slice(Math.max(0, caret - 100), caret))?.[1]
  if (word === undefined) return null
  return { kind: KINDS[word[0] as keyof typeof KINDS], query: word.slice(1), start: caret - word.length }
}

export interface Completion {
  suggestions: Ref<Suggestion[]>
  /** Index in `suggestions`; -1 while none is chosen. */
  active: Ref<number>
  isOpen: ComputedRef<boolean>
  /** After every change of the text or the caret. */
  look(): void
  /** Takes arrows, Enter, Tab and Escape while the list is open. */
  onKey(event: KeyboardEvent): void
  choose(index: number): Promise<void>
  close(): void
}

/** Completes words of `text`, which is typed in `area`. */
export function useCompletion(text: Ref<string>, area: Ref<HTMLTextAreaElement | null>): Completion {
  const suggest = useSuggestions()
  const suggestions = ref<Suggestion[]>([])
  const active = ref(0)
  let trigger: Trigger | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Answers of earlier questions are dropped. */
  let question = 0

  const close = (): void => {
    clearTimeout(timer)
    question += 1
    trigger = null
    suggestions.value = []
  }
  const ask = async (asked: Trigger): Promise<void> => {
    const mine = ++question
    // A list that cannot be had is no reason to disturb somebody who writes.
    const found = await suggest(asked).catch(() => [])
    if (mine !== question) return
    suggestions.value = found.slice(0, MAX_SHOWN)
    active.value = 0
  }
  const look = (): void => {
    const element = area.value
    const found = element && element.selectionStart === element.selectionEnd ? triggerAt(element.value, element.selectionStart) : null
    if (found === null) return close()
    if (trigger?.start === found.start && trigger.query === found.query) return
    trigger = found
    clearTimeout(timer)
    timer = setTimeout(() => void ask(found), PAUSE_MS)
  }
  const choose = async (index: number): Promise<void> => {
    const chosen = suggestions.value[index]
    if (!chosen || trigger === null) return
    const { start, query } = trigger
    const after = text.value.slice(start + 1 + query.length)
    const gap = after.startsWith(' ') ? '' : ' '
    text.value = text.value.slice(0, start) + chosen.text + gap + after
    close()
    await nextTick()
    const caret = start + chosen.text.length + 1
    area.value?.focus()
    area.value?.setSelectionRange(caret, caret)
  }
  const onKey = (event: KeyboardEvent): void => {
    const count = suggestions.value.length
    if (count === 0 || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowDown') active.value = (active.value + 1) % count
    else if (event.key === 'ArrowUp') active.value = (active.value + count - 1) % count
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) void choose(active.value)
    else if (event.key === 'Escape') close()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return { suggestions, active, isOpen: computed(() => suggestions.value.length > 0), look, onKey, choose, close }
}

/** Asks the server for people and hashtags; emoji are in a list of ours, fetched with the first colon. */
function useSuggestions(): (trigger: Trigger) => Promise<Suggestion[]> {
  const { api, site, lang } = usePage()
  let own: Promise<CustomEmoji[]> | null = null

  const people = async (query: string): Promise<Suggestion[]> => {
    const [name] = query.split('@') as [string]
    const found = await api.get<Account[]>('/api/v1/accounts/search', { q: name, limit: 20 })
    return found
      .filter(({ acct }) => !query.includes('@') || acct.toLowerCase().startsWith(query.toLowerCase()))
      .map((account) => ({ text: `@${account.acct}`, label: nameOf(account), hint: `@${account.acct}`, account, picture: null }))
  }
  const tags = async (query: string): Promise<Suggestion[]> => {
    const found = await api.get<SearchResults>('/api/v2/search', { q: `#${query}`, type: 'hashtags', limit: MAX_SHOWN })
    return found.hashtags.map(({ name }) => ({ text: `#${name}`, label: `#${name}`, hint: '', account: null, picture: null }))
  }
  const emojis = async (query: string): Promise<Suggestion[]> => {
    own ??= api.get<CustomEmoji[]>('/api/v1/custom_emojis').catch(() => [])
    const [{ emojisNamed }, customs] = await Promise.all([import('./emoji-words.ts'), own])
    const low = query.toLowerCase()
    return [
      ...customs
        .filter(({ shortcode }) => shortcode.toLowerCase().includes(low))
        .map(({ shortcode, url }) => ({
          text: `:${shortcode}:`,
          label: `:${shortcode}:`,
          hint: '',
          account: null,
          picture: imagePath(url, site?.origin)
        })),
      ...emojisNamed(low, lang).map(({ emoji, name }) => ({ text: emoji, label: emoji, hint: name, account: null, picture: null }))
    ]
  }
  return ({ kind, query }) => (kind === 'person' ? people(query) : kind === 'tag' ? tags(query) : emojis(query))
}
