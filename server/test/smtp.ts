// A mail server of tests: speaks enough SMTP (RFC 5321) on loopback, keeps what it gets, and refuses on demand.
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface ReceivedMail {
  from: string
  to: string[]
  /** Headers as sent, each on one line. */
  head: string
  /** Headers, blank line, body, in readable characters. */
  source: string
}

export interface SmtpSink {
  url: string
  mails: ReceivedMail[]
  /** What RCPT TO is answered instead of 250, such as `550 no such mailbox`. */
  refuse: string | null
  /** The first address in a mail's text that starts like this. */
  linkIn(mail: ReceivedMail | undefined): string
}

/** Listens until the test ends. */
export async function smtpSink(t: { teardown(work: () => Promise<void>): void }): Promise<SmtpSink> {
  const sink: SmtpSink = { url: '', mails: [], refuse: null, linkIn: (mail) => linkOf(mail?.source ?? '') }
  const server = createServer((socket) => converse(socket, sink))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  sink.url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(() => new Promise((resolve) => server.close(() => resolve())))
  return sink
}

function converse(socket: Socket, sink: SmtpSink): void {
  let rest = ''
  let mail: ReceivedMail = { from: '', to: [], head: '', source: '' }
  let inData = false
  const say = (line: string): void => void socket.write(`${line}\r\n`)
  socket.on('error', () => socket.destroy())
  say('220 sink')
  socket.on('data', (chunk) => {
    rest += chunk.toString('utf8')
    for (;;) {
      const end = rest.indexOf(inData ? '\r\n.\r\n' : '\r\n')
      if (end === -1) return
      const line = rest.slice(0, end)
      rest = rest.slice(end + (inData ? 5 : 2))
      if (inData) {
        inData = false
        sink.mails.push({ ...mail, head: line.slice(0, line.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' '), source: decode(line) })
        mail = { from: '', to: [], head: '', source: '' }
        say('250 kept')
      } else if (/^EHLO|^HELO/i.test(line)) say('250 sink')
      else if (/^MAIL FROM:/i.test(line)) {
        mail.from = line.slice(10)
        say('250 ok')
      } else if (/^RCPT TO:/i.test(line)) {
        if (sink.refuse === null) mail.to.push(/<([^>]*)>/.exec(line)?.[1] ?? '')
        say(sink.refuse ?? '250 ok')
      } else if (/^DATA/i.test(line)) {
        inData = true
        say('354 go on')
      } else if (/^QUIT/i.test(line)) {
        say('221 bye')
        socket.end()
      } else say('250 ok')
    }
  })
}

/** Quoted-printable undone, so that tests read what people read. */
function decode(source: string): string {
  const bytes = source
    .replace(/=\r\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll('=', ''), 'hex').toString('utf8'))
  return bytes
}

function linkOf(source: string): string {
  return /^https?:\/\/\S+jeton=\S+/m.exec(source)?.[0] ?? ''
}
