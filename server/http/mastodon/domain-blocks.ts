// Servers a person does not want to hear of, and the commune's own list for all to read (docs.joinmastodon.org/methods/domain_blocks).
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { blockHost, blockedHosts, unblockHost } from '../../features/follows/domain-blocks.ts'
import { obfuscated } from '../../features/moderation/host-list.ts'
import { allHostPolicies } from '../../features/moderation/hosts.ts'
import { requireAuth } from '../plugins/auth.ts'
import { readParams, textOf } from './params.ts'

const SEVERITY: Record<string, string> = { block: 'suspend', limit: 'silence' }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonDomainBlocks(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/domain_blocks', { config: { scope: 'read:blocks' } }, async (request) => blockedHosts(ctx, requireAuth(request).actor))

  app.post('/domain_blocks', { config: { scope: 'write:blocks' } }, async (request) => {
    await blockHost(ctx, requireAuth(request).actor, textOf((await readParams(request))['domain']) ?? '')
    return {}
  })

  app.delete('/domain_blocks', { config: { scope: 'write:blocks' } }, async (request) => {
    await unblockHost(ctx, requireAuth(request).actor, textOf((await readParams(request))['domain']) ?? '')
    return {}
  })

  app.get('/instance/domain_blocks', { config: { public: true } }, async () =>
    (await allHostPolicies(ctx)).flatMap(({ host, action, public_comment: comment, obfuscate }) => {
      const severity = SEVERITY[action]
      if (severity === undefined) return []
      const digest = createHash('sha256').update(host).digest('hex')
      return [{ domain: obfuscate ? obfuscated(host) : host, digest, severity, comment }]
    })
  )
}
