// What somebody types about an idea, checked: a title, some lines, themes, a place.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { MAX_TEXT_CHARACTERS, renderText, splitText } from '../../core/text.ts'
import { themesAmong, type Theme } from '../../core/themes.ts'
import type { Place } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { tagUrl } from '../../vocab/iris.ts'
import { plainTitle } from '../../vocab/values.ts'

export interface IdeaInput {
  title: string
  text: string
  themes?: string[]
  place?: { name?: string | null; address?: string | null; latitude?: number | null; longitude?: number | null } | null
  language?: string
}

export interface IdeaWords {
  name: string
  source: string
  content: string
  hashtags: string[]
  themes: Theme[]
  place: Place | null
}

const MAX_THEMES = 3

/** Throws idea.title, idea.text, idea.themes, idea.place (422) with the field in `details.field`. */
export function readIdea(ctx: Ctx, input: IdeaInput): IdeaWords {
  const name = plainTitle(clean(input.title))
  if ([...name].length < 5) throw wrong('idea.title', 'title', 'A title has 5 to 200 characters.')
  const source = clean(input.text)
  if ([...source].length < 10) throw wrong('idea.text', 'text', 'Please say your idea in some lines.')
  if ([...source].length > MAX_TEXT_CHARACTERS)
    throw new AppError('post.too-long', 422, `A post has at most ${MAX_TEXT_CHARACTERS} characters.`, {
      details: { max: MAX_TEXT_CHARACTERS, field: 'text' }
    })
  const themes = themesAmong(input.themes ?? [])
  if (themes.length > MAX_THEMES) throw wrong('idea.themes', 'themes', `At most ${MAX_THEMES} themes.`)
  const { origin } = requireSite(ctx)
  const parts = splitText(source)
  const content = renderText(parts, { tagUrl: (tag) => tagUrl(origin, tag), mentionUrl: () => null })
  const hashtags = [...new Set(parts.flatMap((part) => (part.kind === 'tag' ? [part.name] : [])))].slice(0, 20)
  return { name, source, content, hashtags, themes, place: readPlace(input.place ?? null) }
}

function readPlace(place: NonNullable<IdeaInput['place']> | null): Place | null {
  if (place === null) return null
  const line = (text: string | null | undefined): string | null =>
    clean(text ?? '')
      .replaceAll(/\s+/g, ' ')
      .slice(0, 300) || null
  const { latitude = null, longitude = null } = place
  const isPosition = latitude !== null && longitude !== null && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  if ((latitude !== null || longitude !== null) && !isPosition)
    throw wrong('idea.place', 'place', 'A position has a latitude (-90 to 90) and a longitude (-180 to 180).')
  const [name, address] = [line(place.name), line(place.address)]
  return name === null && address === null && latitude === null ? null : { name, address, latitude, longitude, url: null }
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()
}

function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
