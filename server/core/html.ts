// Makes foreign HTML safe to show: the one sanitiser. It decides nothing about layout and never touches the network.
import sanitizeHtml from 'sanitize-html'

/** Schemes Mastodon allows in links (lib/sanitize_ext/sanitize_config.rb); everything else loses its href. */
const SCHEMES = ['http', 'https', 'dat', 'dweb', 'ipfs', 'ipns', 'ssb', 'gopher', 'xmpp', 'magnet', 'gemini']
const TAGS = [
  'p',
  'br',
  'span',
  'a',
  'del',
  's',
  'pre',
  'blockquote',
  'code',
  'b',
  'strong',
  'u',
  'i',
  'em',
  'ul',
  'ol',
  'li',
  'ruby',
  'rt',
  'rp'
]
const LONG_TAGS = [
  ...TAGS,
  'h2',
  'h3',
  'h4',
  'img',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'hr',
  'figure',
  'figcaption',
  'dl',
  'dt',
  'dd',
  'sup',
  'sub'
]
/** Microformats and the classes Mastodon itself writes. */
const CLASSES = ['h-*', 'p-*', 'u-*', 'dt-*', 'e-*', 'mention', 'hashtag', 'ellipsis', 'invisible', 'quote-inline']
const LINK = { rel: 'nofollow noopener noreferrer', target: '_blank' }

type Transform = Record<string, string | sanitizeHtml.Transformer>

const link: sanitizeHtml.Transformer = (_tag, attribs) => {
  const rel = (attribs.rel ?? '').split(/\s+/).filter((word) => word === 'tag' || word === 'me')
  return { tagName: 'a', attribs: { ...attribs, ...LINK, rel: [LINK.rel, ...rel].join(' ') } }
}

function options(
  tags: string[],
  transformTags: Transform,
  attributes: Record<string, sanitizeHtml.AllowedAttribute[]>
): sanitizeHtml.IOptions {
  return {
    allowedTags: tags,
    allowedAttributes: {
      '*': ['lang'],
      a: ['href', 'rel', 'target', 'class', 'translate'],
      span: ['class', 'translate'],
      p: ['class'],
      ol: ['start', 'reversed'],
      li: ['value'],
      ...attributes
    },
    allowedClasses: { a: CLASSES, span: CLASSES, p: CLASSES },
    allowedSchemes: SCHEMES,
    allowedSchemesByTag: { img: ['http', 'https'] },
    allowProtocolRelative: false,
    // Dropped with what is inside: none of it is meant to be read as text.
    nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'iframe', 'object', 'embed', 'template', 'svg'],
    transformTags,
    nestingLimit: 64
  }
}

const SHORT = options(TAGS, { a: link }, {})
const LONG = options(
  LONG_TAGS,
  { a: link, h1: 'h2', h5: 'h4', h6: 'h4' },
  { img: ['src', 'alt'], th: ['colspan', 'rowspan', 'scope'], td: ['colspan', 'rowspan'] }
)

/** Text without markup needs no parser: most fields of most documents. */
const PLAIN = /^[^<>&"'\u0000]*$/

/** HTML safe to show, with Mastodon's set of elements (federation.md §3.11). `long` is for Article, Event, Page: headings, tables, images too. */
export function sanitize(html: string, variant: 'short' | 'long' = 'short'): string {
  if (html === '' || PLAIN.test(html)) return html
  if (variant === 'long') return sanitizeHtml(html, LONG)
  // Headings of short texts become bold lines, as on Mastodon. Before parsing: a heading inside <p> would end the paragraph.
  const flat = /<h[1-6][\s>]/i.test(html)
    ? html.replace(/<h[1-6](\s[^<>]*)?>/gi, '<p><strong>').replace(/<\/h[1-6]\s*>/gi, '</strong></p>')
    : html
  return sanitizeHtml(flat, SHORT)
}

/** Plain text as HTML text: five characters escaped, line breaks kept. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replace(/\r?\n/g, '<br>')
}

/** The words of some HTML, without markup: for search, previews, notifications. */
export function textOfHtml(html: string): string {
  if (PLAIN.test(html)) return html
  const spaced = html.replace(/<(br|\/p|\/li|\/h[1-6]|\/blockquote|\/div)\b[^>]*>/gi, '\n')
  return sanitizeHtml(spaced, {
    allowedTags: [],
    allowedAttributes: {},
    nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'template', 'svg']
  })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/[ \t]+/g, ' ')
    .replace(/\n\s*\n+/g, '\n')
    .trim()
}
