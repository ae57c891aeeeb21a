// A mail in words: subject, plain text and simple HTML that say the same. Words stand in the locales under mail.<kind>; every value is
// escaped here, and nothing in a mail is loaded from anywhere.
import { escapeHtml, paragraphs } from '../core/plain-text.ts'
import { text, type Locale } from './texts.ts'

/** Every mail there is. `link` of the values, when given, becomes the button; `items`, as JSON, a list; `unsubscribe` the way
// out. */
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
  | 'notices'
  | 'weekly'
  | 'guest-confirm'
  | 'guest-seat'
  | 'guest-waits'
  | 'guest-refused'
  | 'guest-cancelled'
  | 'guest-postponed'
  | 'guest-online'
  | 'guest-moved'
  | 'guest-deleted'
  | 'guest-reminder'
  | 'guest-message'
  | 'test'

/** One thing a mail tells of. */
export interface MailItem {
  title: string
  excerpt: string
  link: string
}

export interface MailWords {
  subject: string
  text: string
  html: string
  /** Where one ends such mails without logging in (RFC 8058). */
  unsubscribe?: string
}

export interface MailFrame {
  /** Name of the commune. */
  site: string
  origin: string
}

/** True for mails that carry a one-time link, to hand out when there is no mail server. */
export function hasOneTimeLink(kind: MailKind): boolean {
  return ['confirm', 'reset', 'change-email', 'guest-confirm'].includes(kind)
}

/** The words of a mail for this reader. Values may hold anything: control characters and line ends never reach the subject (E03, E04). */
export function renderMail(locale: Locale, kind: MailKind, values: Record<string, string>, frame: MailFrame): MailWords {
  const { items: list = '[]', unsubscribe, ...given } = values
  const items = (JSON.parse(list) as MailItem[]).map(({ title, excerpt, link }) => ({
    title: oneLine(title),
    excerpt: oneLine(excerpt),
    link
  }))
  const all = Object.fromEntries(
    Object.entries({ ...given, site: frame.site }).map(([name, value]) => [name, name === 'content' ? manyLines(value) : oneLine(value)])
  )
  const say = (part: string): string => text(locale, `mail.${kind}.${part}`, all)
  const hello = text(locale, all['name'] ? 'mail.hello' : 'mail.hello-nobody', all)
  const foot = [
    text(locale, 'mail.foot', { ...all, origin: frame.origin }),
    ...(unsubscribe === undefined ? [] : [text(locale, 'mail.unsubscribe', { origin: frame.origin, unsubscribe })])
  ].join('\n')
  const link = all['link']
  const lines = items.map((item) => ['• ' + item.title, item.excerpt, item.link].filter(Boolean).join('\n  '))
  const parts = [hello, say('text'), ...lines, ...(link === undefined ? [] : [`${say('action')}\n${link}`])]
  return {
    subject: say('subject').slice(0, 200),
    text: `${[...parts, `-- \n${foot}`].join('\n\n')}\n`,
    html: page(locale, hello, paragraphs(say('text')) + listed(items), link === undefined ? null : { text: say('action'), link }, foot),
    ...(unsubscribe === undefined ? {} : { unsubscribe })
  }
}

function listed(items: MailItem[]): string {
  const rows = items.map(
    ({ title, excerpt, link }) =>
      `<li style="margin:0 0 16px"><a href="${escapeHtml(link)}" style="color:#17595a;font-weight:bold">${escapeHtml(title)}</a>${excerpt === '' ? '' : `<br>${escapeHtml(excerpt)}`}</li>`
  )
  return rows.length === 0 ? '' : `<ul style="padding:0 0 0 20px">${rows.join('')}</ul>`
}

function page(locale: Locale, hello: string, body: string, action: { text: string; link: string } | null, foot: string): string {
  const button =
    action === null
      ? ''
      : `<p><a href="${escapeHtml(action.link)}" style="display:inline-block;padding:12px 24px;border-radius:24px;background:#17595a;color:#ffffff;font-weight:bold;text-decoration:none">${escapeHtml(action.text)}</a></p><p style="font-size:14px;color:#536062;word-break:break-all">${escapeHtml(action.link)}</p>`
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head><body style="margin:0;padding:24px;background:#fbf8f3;color:#1d2728;font:16px/1.5 sans-serif"><div style="max-width:560px;margin:0 auto">${paragraphs(hello)}${body}${button}<hr style="border:0;border-top:1px solid #e3dccf">${paragraphs(foot)}</div></body></html>`
}

/** What somebody wrote in paragraphs. Never in a subject. */
function manyLines(value: string): string {
  return value.split('\n').map(oneLine).join('\n')
}

/** Names of people stand in sentences: no line ends, no control or direction characters. */
function oneLine(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').slice(0, 2000)
}
