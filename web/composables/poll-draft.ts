// The poll of a message being written.
import { reactive } from 'vue'

/** What the server allows too (/api/v2/instance). */
export const MAX_CHOICES = 20
export const MAX_CHOICE_LENGTH = 100

export const DURATIONS = [
  { seconds: 3600, name: 'poll.hour' },
  { seconds: 86_400, name: 'poll.day' },
  { seconds: 3 * 86_400, name: 'poll.threeDays' },
  { seconds: 7 * 86_400, name: 'poll.week' },
  { seconds: 14 * 86_400, name: 'poll.twoWeeks' },
  { seconds: 30 * 86_400, name: 'poll.month' }
] as const

export interface PollDraft {
  isOn: boolean
  options: string[]
  seconds: number
  multiple: boolean
  hideTotals: boolean
}

export function usePollDraft(): PollDraft {
  return reactive(emptyPoll())
}

/** No poll, two empty choices, a week. */
export function emptyPoll(): PollDraft {
  return { isOn: false, options: ['', ''], seconds: 7 * 86_400, multiple: false, hideTotals: false }
}

/** The choices that say something. */
export function filledOptions(draft: PollDraft): string[] {
  return draft.options.map((option) => option.trim()).filter((option) => option !== '')
}

/** The `poll` of the request, or nothing. */
export function pollBody(draft: PollDraft): Record<string, unknown> {
  if (!draft.isOn) return {}
  return {
    poll: { options: filledOptions(draft), expires_in: draft.seconds, multiple: draft.multiple, hide_totals: draft.hideTotals }
  }
}
