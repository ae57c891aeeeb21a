// The way to the mail server of the operator: the only file that knows nodemailer. The address comes from the settings, never from people.
import { createTransport } from 'nodemailer'
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js'
import type { Config } from '../config.ts'
import type { MailWords } from '../locales/mail.ts'

const SECONDS = 1000

export interface Sender {
  name: string
  /** Used when MAIL_FROM says nothing. */
  domain: string
}

/** Sends one mail through SMTP_URL. Throws what the mail server said; `isFinal` tells whether trying again makes sense. */
export async function sendBySmtp(config: Config, to: string, words: MailWords, sender: Sender): Promise<void> {
  const transport = open(config)
  const { subject, text, html, unsubscribe } = words
  try {
    await transport.sendMail({
      from: config.mailFrom ?? { name: sender.name, address: `ne-pas-repondre@${sender.domain}` },
      // An address object: nothing in it is read as a list or a header (E03).
      to: { name: '', address: to },
      subject,
      text,
      html,
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        ...(unsubscribe === undefined
          ? {}
          : { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' })
      }
    })
  } finally {
    transport.close()
  }
}

/** Asks the mail server whether it would let us in. Resolves with null, or with what it said. */
export async function checkSmtp(config: Config): Promise<string | null> {
  const transport = open(config)
  try {
    await transport.verify()
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    transport.close()
  }
}

/** True when the server refused the mail for good (SMTP 5xx for the recipient or the message). */
export function isFinal(error: unknown): boolean {
  const { responseCode, code } = error as { responseCode?: number; code?: string }
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode !== undefined && responseCode >= 500
}

function open(config: Config) {
  return createTransport({
    url: config.smtpUrl!,
    connectionTimeout: 10 * SECONDS,
    greetingTimeout: 10 * SECONDS,
    socketTimeout: 30 * SECONDS,
    disableFileAccess: true,
    disableUrlAccess: true
  } as SMTPTransport.Options)
}
