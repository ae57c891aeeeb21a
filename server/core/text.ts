// What people type, turned into the HTML we publish: paragraphs, line breaks, links, hashtags and mentions. Pure: who a mention
// means is found by the caller between splitText() and renderText().

export type TextPart =
  | { kind: 'text'; text: string }
  | { kind: 'link'; url: string }
  | { kind: 'tag'; name: string }
  /** `host` is null for someone of this instance. */
  | { kind: 'mention'; username: string; host: string | null }

/** How a part that stands for something else is written. */
export interface TextLinks {
  /** Page of a hashtag. */
  tagUrl(name: string): string
  /** Page of the person meant, or null when nobody was found: the text stays as typed. */
  mentionUrl(username: string, host: string | null): string | null
}

/** Longest post, in characters. Mastodon's 500 is short for a town hall; 5,000 keeps any activity far below peers' limits. */
export const MAX_TEXT_CHARACTERS = 5000

// One pass, no nested repetition: linear whatever the text. A hashtag needs one sign that is not a digit (Mastodon's tag.rb).
const PARTS = new RegExp(
  [
    String.raw`(?<url>https?:\/\/[^\s<>"\u201c\u201d]+)`,
    String.raw`(?<![\p{L}\p{N}_@\/.])@(?<user>[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*)(?:@(?<host>[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*(?::[0-9]{1,5})?))?`,
    String.raw`(?<![\p{L}\p{N}_&\/#])#(?<tag>[\p{N}_]*[\p{L}_][\p{L}\p{N}_\u00b7]*)`
  ].join('|'),
  'gu'
)

/** Cuts a text into plain stretches, links, hashtags and mentions. */
export function splitText(text: string): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const match of text.matchAll(PARTS)) {
    const found = readMatch(match)
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) })
    parts.push(found.part)
    from = match.index + found.length
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

function readMatch(match: RegExpExecArray): { part: TextPart; length: number } {
  const { url, user, host, tag } = match.groups ?? {}
  if (url !== undefined) {
    const bare = withoutTrailingSigns(url)
    return { part: { kind: 'link', url: bare }, length: bare.length }
  }
  if (tag !== undefined) return { part: { kind: 'tag', name: tag }, length: match[0].length }
  return { part: { kind: 'mention', username: user ?? '', host: host ?? null }, length: match[0].length }
}

/** The full stop after a link belongs to the sentence, and so does a bracket that the link does not open. */
function withoutTrailingSigns(url: string): string {
  let end = url.length
  while (end > 0) {
    const last = url[end - 1]!
    const unopened = last === ')' && !url.slice(0, end).includes('(')
    if (!unopened && !".,;:!?'»]}*".includes(last)) break
    end -= 1
  }
  return url.slice(0, end)
}

/** HTML of the parts: only `p`, `br`, `span` and `a`, everything else escaped (federation.md §1.8, §3.11). Empty for blank text. */
export function renderText(parts: TextPart[], links: TextLinks): string {
  const html = parts
    .map((part) => renderPart(part, links))
    .join('')
    .trim()
  if (html === '') return ''
  return html
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${paragraph.replaceAll('\n', '<br>')}</p>`)
    .join('')
}

function renderPart(part: TextPart, links: TextLinks): string {
  switch (part.kind) {
    case 'text':
      return escapeHtml(part.text.replaceAll(/\r\n?/g, '\n'))
    case 'link':
      return `<a href="${escapeHtml(part.url)}" rel="nofollow noopener" target="_blank">${displayUrl(part.url)}</a>`
    case 'tag':
      return `<a href="${escapeHtml(links.tagUrl(part.name))}" class="mention hashtag" rel="tag">#<span>${escapeHtml(part.name)}</span></a>`
    case 'mention':
      return renderMention(part, links)
  }
}

function renderMention(part: { username: string; host: string | null }, links: TextLinks): string {
  const url = links.mentionUrl(part.username, part.host)
  if (url === null) return escapeHtml(`@${part.username}${part.host === null ? '' : `@${part.host}`}`)
  return `<span class="h-card"><a href="${escapeHtml(url)}" class="u-url mention">@<span>${escapeHtml(part.username)}</span></a></span>`
}

/** Scheme and tail are hidden by class, as Mastodon does: the link stays whole for those who copy it. */
function displayUrl(url: string): string {
  const scheme = /^https?:\/\/(www\.)?/.exec(url)?.[0] ?? ''
  const rest = url.slice(scheme.length)
  const shown = rest.slice(0, 30)
  const hidden = rest.slice(30)
  const middle = hidden === '' ? `<span>${escapeHtml(shown)}</span>` : `<span class="ellipsis">${escapeHtml(shown)}</span>`
  return `<span class="invisible">${escapeHtml(scheme)}</span>${middle}${hidden === '' ? '' : `<span class="invisible">${escapeHtml(hidden)}</span>`}`
}

/** Text that may stand in HTML, also inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}
