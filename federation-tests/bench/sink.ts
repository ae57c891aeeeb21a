// The sink of the fan-out benchmark: many hosts (one loopback port each) that check digest and signature of every delivery and count it
// once per host. GET / on the control port tells the counts.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const { ports, control, publicPem } = JSON.parse(process.argv[2] ?? '{}') as { ports: number[]; control: number; publicPem: string[] }
const keys = publicPem.map((pem) => createPublicKey(pem))
const seen = new Set<string>()
const counts = { deliveries: 0, twice: 0, bad: 0 }

function check(request: IncomingMessage, body: Buffer): boolean {
  const { headers } = request
  const parameters = Object.fromEntries([...String(headers.signature).matchAll(/(\w+)="([^"]*)"/g)].map((one) => [one[1]!, one[2]!]))
  if (headers.digest !== `SHA-256=${createHash('sha256').update(body).digest('base64')}`) return false
  const lines = (parameters.headers ?? '')
    .split(' ')
    .map((name) => (name === '(request-target)' ? `(request-target): post ${request.url}` : `${name}: ${headers[name]}`))
  return keys.some((key) => verify('sha256', Buffer.from(lines.join('\n')), key, Buffer.from(parameters.signature ?? '', 'base64')))
}

function receive(port: number, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    if (!check(request, body)) counts.bad += 1
    const id = `${port} ${String((JSON.parse(body.toString()) as { id: string }).id)}`
    if (seen.has(id)) counts.twice += 1
    seen.add(id)
    counts.deliveries += 1
    response.writeHead(202).end()
  })
}

await Promise.all(
  ports.map(
    (port) =>
      new Promise<void>((resolve) => {
        createServer((request, response) => receive(port, request, response)).listen(port, '127.0.0.1', resolve)
      })
  )
)
createServer((_request, response) => response.end(JSON.stringify(counts))).listen(control, '127.0.0.1', () => console.log('sink ready'))
