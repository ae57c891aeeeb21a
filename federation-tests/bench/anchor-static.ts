// Anchor of the documents benchmark: Fastify that answers a prebuilt buffer with an ETag.
import Fastify from 'fastify'

const { port, bytes } = JSON.parse(process.argv[2] ?? '{}') as { port: number; bytes: number }
const body = Buffer.alloc(bytes, 'x')
const app = Fastify()
app.get('/*', async (_request, reply) =>
  reply.header('content-type', 'application/activity+json; charset=utf-8').header('etag', '"anchor"').send(body)
)
await app.listen({ port, host: '127.0.0.1' })
console.log('anchor ready')
