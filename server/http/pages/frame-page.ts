// The agenda inside the pages of others: a few events, without script and without our navigation. Pure; every value is escaped here.
import { createHash } from 'node:crypto'
import { escapeHtml } from '../../core/text.ts'
import type { StatusRow } from '../../db/status-parts.ts'
import { text, type Locale } from '../../locales/texts.ts'
import { eventLine, placeLine } from '../../vocab/fallback.ts'

const DARK = 'color-scheme:dark;--paper:#14191a;--ink:#ecefe9;--ink-2:#adb9b8;--line:#303b3c;--brand:#7fcabd'
const STYLE = `:root{color-scheme:light;--paper:#fff;--ink:#1d2728;--ink-2:#536062;--line:#e3dccf;--brand:#17595a}
@media (prefers-color-scheme:dark){:root:not(.light){${DARK}}}
:root.dark{${DARK}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--paper);color:var(--ink);font:1rem/1.45 system-ui,sans-serif;overflow-wrap:anywhere}
h1{margin:0 0 .75rem;font-size:1.2rem}
h2{margin:0;font-size:1.05rem}
p{margin:0}
a{color:var(--brand);display:inline-block;min-block-size:1.5rem}
ul{margin:0;padding:0;list-style:none}
li{padding:.75rem 0;border-block-start:1px solid var(--line)}
.quiet{color:var(--ink-2);font-size:.9rem}
.more{padding-block-start:.75rem;border-block-start:1px solid var(--line)}
.hidden{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}`

/** Any site may show it, and nothing but its style runs in it. */
export const FRAME_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  'frame-ancestors *'
].join('; ')

export interface FrameLook {
  locale: Locale
  /** Null: as the reader's browser has it. */
  background: 'light' | 'dark' | null
}

interface FramedAgenda {
  /** Whose agenda it is, and what of it was chosen ('' for all). */
  name: string
  label: string
  /** The page that has it all. */
  pageUrl: string
  rows: StatusRow[]
}

/** The page. */
export function framePage(look: FrameLook, { name, label, pageUrl, rows }: FramedAgenda): string {
  const say = (key: string): string => text(look.locale, `frame.${key}`, { name })
  const events = rows.map((row) => eventItem(row, look.locale)).join('')
  return pageOf(
    look,
    say('title'),
    `<h1>${escapeHtml(say('title'))}</h1>
${label === '' ? '' : `<p class="quiet">${escapeHtml(label)}</p>`}
${events === '' ? `<p>${escapeHtml(say('empty'))}</p>` : `<ul role="list">${events}</ul>`}
<p class="more">${linkTo(pageUrl, say('all'), look.locale)}</p>`
  )
}

/** A sentence where the agenda should be. */
export function frameSentence(look: FrameLook, sentence: string): string {
  return pageOf(look, sentence, `<h1>${escapeHtml(sentence)}</h1>`)
}

function eventItem(row: StatusRow, locale: Locale): string {
  const url = [row.url, row.iri].find((one) => one !== null && /^https?:\/\//.test(one)) ?? ''
  const place = placeLine(row.place, locale)
  const when = escapeHtml(eventLine({ ...row, place: null }, locale))
  return `<li><h2>${linkTo(url, row.name ?? '', locale)}</h2><p>${when}</p>${place === '' ? '' : `<p class="quiet">${escapeHtml(place)}</p>`}</li>`
}

/** Out of the frame, and without a way back into the page that holds it. */
function linkTo(url: string, words: string, locale: Locale): string {
  return `<a href="${escapeHtml(url)}" target="_blank" rel="noopener">${escapeHtml(words)}<span class="hidden"> ${escapeHtml(text(locale, 'frame.new-page'))}</span></a>`
}

function pageOf({ locale, background }: FrameLook, title: string, body: string): string {
  return `<!doctype html>
<html lang="${locale}"${background === null ? '' : ` class="${background}"`}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>
${body}
</main></body></html>`
}
