// Tasks, as the native API gives them.
import type { Account } from './entities.ts'

export const TASK_STATES = ['todo', 'doing', 'blocked', 'done', 'cancelled'] as const
export type TaskState = (typeof TASK_STATES)[number]

export interface ListedTask {
  id: string
  uri: string
  url: string
  title: string
  /** HTML, sanitised. */
  text: string
  state: TaskState
  late: boolean
  due: string | null
  done_at: string | null
  about: { id: string; kind: 'idea' | 'proposal'; title: string } | null
  account: Account
  people: Account[]
  mine: boolean
  created_at: string
}

export interface Task extends ListedTask {
  source: string
  visibility: 'public' | 'members'
  can: { take: boolean; release: boolean; move: TaskState[]; edit: boolean }
}

export interface Suggestions {
  about: { id: string; kind: 'idea' | 'proposal'; title: string }
  can: boolean
  tasks: { title: string; text: string; due: string | null }[]
}

/** A task as somebody types it; people by username, with commas. */
export interface TaskWords {
  title: string
  text: string
  due: string
  people: string
}

export function taskBody({ title, text, due, people }: TaskWords): object {
  const names = people.split(/[\s,;]+/).filter((name) => name !== '')
  return { title, text, due: due || null, people: names }
}

export function subjectPath({ kind, id }: { kind: 'idea' | 'proposal'; id: string }): string {
  return `/${kind === 'idea' ? 'idees' : 'propositions'}/${id}`
}
