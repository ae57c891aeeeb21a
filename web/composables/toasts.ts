// Short messages at the foot of the screen: what just happened, read out politely by screen readers.
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface ToastAction {
  text: string
  run: () => void
}

export interface Toast {
  id: number
  text: string
  /** A way back. */
  action: ToastAction | null
  /** Called when the toast goes, unless its action was taken. */
  gone: (() => void) | null
}

/** Long enough to read two sentences. */
const SHOWN_MS = 7000
/** And to change one's mind. */
const SHOWN_WITH_ACTION_MS = 10_000

export const useToasts = defineStore('toasts', () => {
  const items = ref<Toast[]>([])
  let last = 0
  const dismiss = (id: number): void => {
    const toast = items.value.find((item) => item.id === id)
    items.value = items.value.filter((item) => item.id !== id)
    toast?.gone?.()
  }
  const act = (id: number): void => {
    const toast = items.value.find((item) => item.id === id)
    items.value = items.value.filter((item) => item.id !== id)
    toast?.action?.run()
  }
  const add = (text: string, action: ToastAction | null, gone: (() => void) | null): void => {
    const id = ++last
    items.value.filter((item) => item.text === text || items.value.length > 2).forEach((item) => dismiss(item.id))
    items.value = [...items.value, { id, text, action, gone }]
    setTimeout(() => dismiss(id), action === null ? SHOWN_MS : SHOWN_WITH_ACTION_MS)
  }
  return {
    items,
    show: (text: string) => add(text, null, null),
    /** Shows `text` with a way back; `otherwise` runs once when it was not taken. */
    offer: (text: string, action: ToastAction, otherwise: () => void) => add(text, action, otherwise),
    dismiss,
    act
  }
})
