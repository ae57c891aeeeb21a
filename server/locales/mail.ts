// A mail in words: subject, plain text and simple HTML that say the same. Words stand in the locales under mail.<kind>; every value is
// escaped here, and nothing in a mail is loaded from anywhere.
import { escapeHtml, paragraphs } from '../core/plain-text.ts'
import { text, type Locale } from './texts.ts'

/** Every mail there is. `link` of the values, when given, becomes the button. */
export type MailKind =
  | 'confirm'
  | 'known-address'
  | 'approved'
  | 'refused'
  | 'reset'
  | 'change-email'
  | 'email-changed'
  | 'password-changed'
  | 'second-factor-on'
  | 'second-factor-off'
  | 'second-factor-removed'
  | 'export-ready'
  | 'test'

export interface MailWords {
  subject: string
  text: string
  html: string
}

export interface MailFrame {
  /** Name of the commune. */
  site: string
  origin: string
}

/** True for mails that carry a one-time link, to hand out when there is no mail server. */
export function hasOneTimeLink(kind: MailKind): boolean {
  return ['confirm', 'reset', 'change-email'].includes(kind)
}

/** The words of a mail for this reader. Values may hold anything: control characters and line ends never reach the subject (E03, E04). */
export function renderMail(locale: Locale, kind: MailKind, values: Record<string, string>, frame: MailFrame): MailWords {
  const all = Object.fromEntries(Object.entries({ ...values, site: frame.site }).map(([name, value]) => [name, oneLine(value)]))
  const say = (part: string): string => text(locale, `mail.${kind}.${part}`, all)
  const hello = text(locale, 'mail.hello', all)
  const foot = text(locale, 'mail.foot', { ...all, origin: frame.origin })
  const link = all['link']
  const parts = [hello, say('text'), ...(link === undefined ? [] : [`${say('action')}\n${link}`])]
  return {
    subject: say('subject').slice(0, 200),
    text: `${[...parts, `-- \n${foot}`].join('\n\n')}\n`,
    html: page(locale, hello, say('text'), link === undefined ? null : { text: say('action'), link }, foot)
  }
}

function page(locale: Locale, hello: string, body: string, action: { text: string; link: string } | null, foot: string): string {
  const button =
    action === null
      ? ''
      : `<p><a href="${escapeHtml(action.link)}" style="display:inline-block;padding:12px 24px;border-radius:24px;background:#17595a;color:#ffffff;font-weight:bold;text-decoration:none">${escapeHtml(action.text)}</a></p><p style="font-size:14px;color:#536062;word-break:break-all">${escapeHtml(action.link)}</p>`
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head><body style="margin:0;padding:24px;background:#fbf8f3;color:#1d2728;font:16px/1.5 sans-serif"><div style="max-width:560px;margin:0 auto">${paragraphs(hello)}${paragraphs(body)}${button}<hr style="border:0;border-top:1px solid #e3dccf">${paragraphs(foot)}</div></body></html>`
}

/** Names of people stand in sentences: no line ends, no control or direction characters. */
function oneLine(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').slice(0, 2000)
}
