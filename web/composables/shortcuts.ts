// One key for what one does all day: through the messages, answer, like, share, write. Never while somebody types.
const KEY = 'communer-shortcuts-off'

export interface ShortcutTargets {
  open(path: string): void
  help(): void
}

/** Single keys disturb those who speak to their computer: they can be switched off (WCAG 2.1.4). */
export function shortcutsAreOn(): boolean {
  try {
    return localStorage.getItem(KEY) === null
  } catch {
    return true
  }
}

export function switchShortcuts(on: boolean): void {
  try {
    if (on) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, '1')
  } catch {
    // Without storage they stay as they are.
  }
}

/** Listens on the whole page; the function returned stops. */
export function listenToShortcuts(targets: ShortcutTargets): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const from = event.target as Element
    if (from.closest('input, textarea, select, [contenteditable], dialog') || document.querySelector('dialog[open]')) return
    // Help is also the way back to the switch.
    if (!shortcutsAreOn() && event.key !== '?') return
    const done = act(event.key, targets)
    if (done) event.preventDefault()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}

function act(key: string, targets: ShortcutTargets): boolean {
  if (key === '?') return (targets.help(), true)
  if (key === 'n') return (targets.open('/publier'), true)
  if (key === 'j' || key === 'k') return step(key === 'j' ? 1 : -1)
  const selector = { r: 'a.action', l: '.action--like', b: '.action--boost' }[key]
  const control = selector && current()?.querySelector<HTMLElement>(selector)
  if (!control) return false
  control.click()
  return true
}

function current(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>('article.post') ?? null
}

/** Moves the focus to the next or previous message. */
function step(by: 1 | -1): boolean {
  const all = [...document.querySelectorAll<HTMLElement>('#contenu article.post')]
  const here = current()
  const at = here === null ? (by === 1 ? 0 : -1) : all.indexOf(here) + by
  const next = all[at]
  if (!next) return false
  next.tabIndex = -1
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: 'nearest' })
  return true
}
