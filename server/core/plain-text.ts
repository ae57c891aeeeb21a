// What people type without formatting, as HTML: escaped, in paragraphs, with links. For profiles and descriptions; posts have their own rules.

/** HTML of a plain text: blank lines make paragraphs, line ends <br>, http(s) addresses links. '' stays ''. */
export function paragraphs(text: string): string {
  const normal = text.replace(/\r\n?/g, '\n').trim()
  if (normal === '') return ''
  return normal
    .split(/\n{2,}/)
    .map((block) => `<p>${block.split('\n').map(withLinks).join('<br>')}</p>`)
    .join('')
}

/** The same with headings: a block that begins with `## ` is a heading. For pages that people write at length. */
export function headedText(text: string): string {
  const blocks = text.replace(/\r\n?/g, '\n').split(/\n(?=## )|\n{2,}/)
  return blocks.map((block) => (block.startsWith('## ') ? headed(block) : paragraphs(block))).join('')
}

function headed(block: string): string {
  const [title, ...rest] = block.slice(3).split('\n')
  return `<h2>${escapeHtml(title!.trim())}</h2>${paragraphs(rest.join('\n'))}`
}

/** One line as HTML with links, without a paragraph around it: the value of a profile field. */
export function withLinks(line: string): string {
  let html = ''
  let from = 0
  for (const match of line.matchAll(/https?:\/\/[^\s<>"']+/g)) {
    const url = match[0].replace(/[.,;:!?)\]»]+$/, '')
    html += escapeHtml(line.slice(from, match.index)) + link(url)
    from = match.index + url.length
  }
  return html + escapeHtml(line.slice(from))
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text with the five characters of HTML escaped. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!)
}

/** The plain text behind HTML made here or sanitised: paragraphs and breaks become line ends. */
export function plainText(html: string): string {
  return html
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<\/p>\s*<p[^>]*>/gi, '\n\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&#(\d{1,6});/g, (_all, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&nbsp;/g, '\u00a0')
    .replace(/&amp;/g, '&')
    .trim()
}

function link(url: string): string {
  const href = escapeHtml(url)
  return `<a href="${href}" rel="me nofollow noopener" target="_blank">${href}</a>`
}
