// What somebody types of a proposal, checked: a title, a text in paragraphs, themes.
import { AppError } from '../../core/errors.ts'
import { sanitize } from '../../core/html.ts'
import { joinParagraphs, splitParagraphs, type Paragraph } from '../../core/paragraphs.ts'
import { shorten } from '../../core/shorten.ts'
import { renderText, splitText } from '../../core/text.ts'
import { themesAmong, type Theme } from '../../core/themes.ts'
import type { VersionParagraph } from '../../db/proposals.ts'
import type { Wording } from '../../protocol/local-objects.ts'
import { tagUrl } from '../../vocab/iris.ts'
import { plainLine, plainTitle } from '../../vocab/values.ts'

/** Four times a post: a proposal says what is to be done, by whom and with what. Far below what peers take. */
const MAX_CHARACTERS = 20_000
const MAX_PARAGRAPHS = 100
const MAX_THEMES = 3
/** One paragraph of an amendment, one argument. */
export const MAX_PART = 5000

/** Throws proposal.title (422). */
export function readTitle(typed: string): string {
  const title = plainTitle(clean(typed))
  if ([...title].length < 5) throw wrong('proposal.title', 'title', 'A title has 5 to 200 characters.')
  return title
}

/** The paragraphs of a text. Throws proposal.text, proposal.too-long (422). */
export function readText(typed: string): string[] {
  const texts = splitParagraphs(clean(typed))
  assertLength(texts)
  return texts
}

/** Also for a text that an amendment made. Throws proposal.text, proposal.too-long (422). */
export function assertLength(texts: readonly string[]): void {
  const length = texts.reduce((sum, text) => sum + [...text].length, 0)
  if (length < 20) throw wrong('proposal.text', 'text', 'Please say in some lines what is to be done.')
  if (length > MAX_CHARACTERS || texts.length > MAX_PARAGRAPHS)
    throw new AppError('proposal.too-long', 422, `A proposal has at most ${MAX_CHARACTERS} characters in ${MAX_PARAGRAPHS} paragraphs.`, {
      details: { field: 'text', max: MAX_CHARACTERS, paragraphs: MAX_PARAGRAPHS }
    })
}

/** Throws proposal.themes (422). */
export function readThemes(typed: readonly string[]): Theme[] {
  const themes = themesAmong(typed)
  if (themes.length > MAX_THEMES) throw wrong('proposal.themes', 'themes', `At most ${MAX_THEMES} themes.`)
  return themes
}

/** Some words, at most `max` characters. */
export function tidy(text: string, max: number): string {
  return [...clean(text)].slice(0, max).join('')
}

/** Hashtags of a text, each once. */
export function hashtagsOf(texts: readonly string[]): string[] {
  const names = texts.flatMap((text) => splitText(text).flatMap((part) => (part.kind === 'tag' ? [part.name] : [])))
  return [...new Set(names)].slice(0, 20)
}

/** HTML of one text of ours: escaped, with links and hashtags. */
export function htmlOf(origin: string, text: string): string {
  return renderText(splitText(text), { tagUrl: (tag) => tagUrl(origin, tag), mentionUrl: () => null })
}

/** Paragraphs as a version keeps them. */
export function bodyOf(origin: string, paragraphs: readonly Paragraph[]): VersionParagraph[] {
  return paragraphs.map(({ key, text }) => ({ key, text, html: sanitize(htmlOf(origin, text)) }))
}

const CALL: Record<string, string> = {
  fr: 'Proposition à lire, amender et discuter.',
  en: 'A proposal to read, amend and discuss.'
}

/** What the object says. Servers that show a title and a line show what one can do with it. */
export function wordingOf(title: string, body: readonly VersionParagraph[], language: string): Wording {
  const content = body.map(({ html }) => html).join('')
  return {
    name: title,
    summary: `${CALL[language.startsWith('en') ? 'en' : 'fr']!} ${shorten(plainLine(content), 300)}`,
    source: joinParagraphs(body),
    content,
    language,
    sensitive: false,
    attachments: []
  }
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()
}

export function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
