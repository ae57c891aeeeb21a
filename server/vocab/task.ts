// A task that follows from a decision (federation.md §4.7): a Note, so that every server shows all of it; its keys have the meaning of
// ValueFlows' Commitment (FEP-c5a1). Pure.
import { escapeHtml } from '../core/text.ts'
import type { WireDocument } from './context.ts'

export interface TaskSource {
  state: string
  /** YYYY-MM-DD. */
  dueOn: string | null
  /** IRIs of who does it. */
  assignees: readonly string[]
  /** IRI of the proposal or idea it comes from. */
  aboutIri: string | null
}

const WORDS = {
  fr: {
    task: 'Tâche :',
    todo: 'À faire',
    doing: 'En cours',
    blocked: 'Bloquée',
    done: 'Faite',
    cancelled: 'Abandonnée',
    due: (day: string) => `pour le ${day}`,
    see: 'Voir la tâche'
  },
  en: {
    task: 'Task:',
    todo: 'To do',
    doing: 'Under way',
    blocked: 'Blocked',
    done: 'Done',
    cancelled: 'Given up',
    due: (day: string) => `by ${day}`,
    see: 'See the task'
  }
}

/** The Note with what servers without tasks show: its title, where it stands, until when, and the way to its page. */
export function withTask(document: WireDocument, task: TaskSource, { name, language, url }: TaskWords): WireDocument {
  const words = WORDS[language?.startsWith('en') ? 'en' : 'fr']
  const title = `<p><strong>${escapeHtml(`${words.task} ${name ?? ''}`)}</strong></p>`
  const content = `${title}${String(document['content'])}${standLine(task, language?.startsWith('en') ? 'en' : 'fr', url)}`
  return {
    ...document,
    content,
    contentMap: { [language || 'fr']: content },
    'communer:taskStatus': task.state,
    ...(task.assignees.length === 0 ? {} : { 'communer:assignee': [...task.assignees] }),
    ...(task.dueOn === null ? {} : { 'communer:due': `${task.dueOn}T00:00:00Z` }),
    ...(task.aboutIri === null ? {} : { 'communer:about': task.aboutIri })
  }
}

export interface TaskWords {
  name: string | null
  language: string | null
  url: string | null
}

function standLine({ state, dueOn }: TaskSource, locale: 'fr' | 'en', url: string | null): string {
  const words = WORDS[locale]
  const stand = words[state as 'todo'] ?? state
  const due = dueOn === null ? '' : `, ${words.due(dayIn(dueOn, locale))}`
  const link = url === null ? '' : ` <a href="${escapeHtml(url)}">${words.see}</a>`
  return `<p>${escapeHtml(`${stand}${due}.`)}${link}</p>`
}

function dayIn(day: string, locale: string): string {
  const options = { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' } as const
  return new Intl.DateTimeFormat(locale, options).format(new Date(`${day}T12:00:00Z`))
}
