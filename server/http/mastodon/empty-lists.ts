// What clients ask for at start and we have nothing of yet: an honest empty list instead of a 404 they would report.
import type { FastifyInstance } from 'fastify'

const PUBLIC_LISTS = ['/api/v1/custom_emojis']

/** Fastify plugin. */
export async function mastodonEmptyLists(app: FastifyInstance): Promise<void> {
  for (const path of PUBLIC_LISTS) app.get(path, { config: { public: true } }, async () => [])
}
