// The consent pages of OAuth: plain HTML without script, readable on any phone. Every value is escaped here.
import { escapeHtml } from '../../core/plain-text.ts'
import { text, type Locale } from '../../locales/texts.ts'

const STYLE = `
:root{color-scheme:light dark;--ground:#f5f7f8;--card:#fff;--ink:#17252d;--quiet:#51636d;--line:#d3dce1;--act:#0b5c7a;--on-act:#fff}
@media(prefers-color-scheme:dark){:root{--ground:#101a20;--card:#18252d;--ink:#e8eef1;--quiet:#a3b4bd;--line:#31424c;--act:#7cc7e3;--on-act:#08222d}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:30rem;width:100%;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.5rem}
h1{font-size:1.35rem;line-height:1.25;margin:0 0 .75rem}p{margin:.75rem 0}ul{padding-inline-start:1.25rem}.quiet{color:var(--quiet);font-size:.9rem;overflow-wrap:anywhere}
form{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.25rem}button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border-radius:.5rem;border:1px solid var(--act);background:var(--act);color:var(--on-act);cursor:pointer}
button.second{background:transparent;color:var(--act)}code{display:block;padding:.75rem;border:1px dashed var(--line);border-radius:.5rem;overflow-wrap:anywhere;font-size:1.05rem}
button:focus-visible{outline:3px solid var(--act);outline-offset:2px}`

/** Where the style is: its hash is in the policy of the page. */
export const CONSENT_STYLE = STYLE

export interface Consent {
  appName: string
  website: string | null
  handle: string
  scopes: string[]
  /** Whom the browser returns to, in words: a host, or a scheme. */
  returnsTo: string | null
  /** Hidden fields that the form sends back. */
  fields: Record<string, string>
}

/** The question: which app, to which account, what it will be able to do. */
export function consentPage(locale: Locale, consent: Consent): string {
  const values = { app: consent.appName, handle: consent.handle }
  const hidden = Object.entries(consent.fields).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`
  )
  return plainPage(
    locale,
    text(locale, 'oauth.title', values),
    `<p>${escapeHtml(text(locale, 'oauth.question', values))}</p>
<p>${escapeHtml(text(locale, 'oauth.will-be-able'))}</p>
<ul>${scopeTexts(locale, consent.scopes)
      .map((line) => `<li>${escapeHtml(line)}</li>`)
      .join('')}</ul>
${consent.website === null ? '' : `<p class="quiet">${escapeHtml(text(locale, 'oauth.website', { website: consent.website }))}</p>`}
${consent.returnsTo === null ? '' : `<p class="quiet">${escapeHtml(text(locale, 'oauth.returns-to', { target: consent.returnsTo }))}</p>`}
<form method="post" action="/oauth/authorize">${hidden.join('')}
<button name="decision" value="allow">${escapeHtml(text(locale, 'oauth.allow'))}</button>
<button class="second" name="decision" value="deny">${escapeHtml(text(locale, 'oauth.deny'))}</button></form>`
  )
}

/** The code, for apps without a return address. */
export function codePage(locale: Locale, code: string): string {
  return plainPage(
    locale,
    text(locale, 'oauth.code-title'),
    `<p>${escapeHtml(text(locale, 'oauth.code-text'))}</p><code>${escapeHtml(code)}</code>`
  )
}

/** A sentence and nothing to do. */
export function sentencePage(locale: Locale, title: string, sentence: string): string {
  return plainPage(locale, title, `<p>${escapeHtml(sentence)}</p>`)
}

/** What is granted, in words: an area once when several scopes of it are asked for. */
function scopeTexts(locale: Locale, scopes: string[]): string[] {
  const known = ['read', 'write', 'follow', 'push', 'profile']
  return scopes.map((scope) => {
    if (known.includes(scope)) return text(locale, `oauth.scope.${scope}`)
    return scope.startsWith('admin:') ? text(locale, 'oauth.scope.admin') : text(locale, 'oauth.scope.other', { scope })
  })
}

/** A page of this kind around `body`, which is HTML. */
export function plainPage(locale: Locale, title: string, body: string): string {
  return `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>`
}
