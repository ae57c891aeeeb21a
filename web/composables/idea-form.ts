// An idea as people type it, and as the API takes it.
import type { Idea } from '../entities-ideas.ts'

export interface IdeaDraft {
  title: string
  text: string
  themes: string[]
  placeName: string
  /** What was chosen from the list; forgotten when another name is typed. */
  place: { name: string; address: string; latitude: number | null; longitude: number | null } | null
  as: string
  /** Row id of the process it is proposed in. */
  process: string | null
}

export function emptyIdea(as = '', process: string | null = null): IdeaDraft {
  return { title: '', text: '', themes: [], placeName: '', place: null, as, process }
}

export function ideaDraftOf(idea: Idea): IdeaDraft {
  const { name, address, latitude, longitude } = idea.place ?? { name: null, address: null, latitude: null, longitude: null }
  return {
    title: idea.title,
    text: idea.source ?? '',
    themes: [...idea.themes],
    placeName: name ?? address ?? '',
    place: idea.place === null ? null : { name: name ?? '', address: address ?? '', latitude, longitude },
    as: '',
    process: null
  }
}

export function ideaBody({ title, text, themes, placeName, place, as, process }: IdeaDraft, mediaIds?: string[]): object {
  const name = placeName.trim()
  const isChosen = place !== null && place.name === name
  return {
    title,
    text,
    themes,
    place: name === '' ? null : isChosen ? place : { name },
    ...(mediaIds === undefined || mediaIds.length === 0 ? {} : { media_ids: mediaIds }),
    ...(as === '' ? {} : { as }),
    ...(process === null ? {} : { process })
  }
}
