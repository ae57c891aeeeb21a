// The table of routes: each says who may call it, none is forgotten, and what is not public refuses a stranger (W03, W14, W20).
import t from 'tap'
import type { RouteOptions } from 'fastify'
import { readFileSync } from 'node:fs'
import { buildApp } from '../app.ts'
import { KNOWN_SCOPES } from '../core/scopes.ts'
import { VERSION } from '../core/version.ts'
import { testContext } from '../test/context.ts'

interface Route {
  method: string
  url: string
  config: RouteOptions['config']
}

async function appWithRoutes(t: Parameters<typeof testContext>[0]) {
  const { ctx } = await testContext(t)
  const seen: RouteOptions[] = []
  const app = await buildApp(ctx, (route) => seen.push(route))
  t.teardown(() => app.close())
  // Read now: plugins that make their own routes get their config from a later hook.
  const routes: Route[] = seen.flatMap((route) => [route.method].flat().map((method) => ({ method, url: route.url, config: route.config })))
  return { ctx, app, routes }
}

t.test('every route is public on purpose or names a scope', async (t) => {
  const { routes } = await appWithRoutes(t)
  t.ok(routes.length > 60)
  const forgotten = routes.filter(({ url, config }) => url !== '*' && config?.public !== true && config?.scope === undefined)
  t.same(
    forgotten.map(({ method, url }) => `${method} ${url}`),
    []
  )
  const unknown = routes.filter(
    ({ config }) => config?.scope !== undefined && config.scope !== 'session' && !KNOWN_SCOPES.includes(config.scope)
  )
  t.same(
    unknown.map(({ method, url, config }) => `${method} ${url} ${config?.scope}`),
    []
  )
})

t.test('W20: what is not public answers 401 to a stranger, before any query', async (t) => {
  const { ctx, app, routes } = await appWithRoutes(t)
  let queries = 0
  ctx.db.on('query', () => (queries += 1))
  for (const { method, url, config } of routes) {
    if (url === '*' || config?.public === true) continue
    const path = url.replace(/:[a-z_]+/gi, '1')
    const answer = await app.inject({ method: method as 'GET', url: path, payload: method === 'GET' || method === 'HEAD' ? undefined : {} })
    t.equal(answer.statusCode, 401, `${method} ${url}`)
  }
  t.equal(queries, 0)
})

t.test('W14: other spellings of a closed path open nothing', async (t) => {
  const { app } = await appWithRoutes(t)
  for (const url of [
    '//api/communer/v1/admin/accounts',
    '/api/communer/v1/admin/accounts/',
    '/api/communer/v1/%61dmin/accounts',
    '/api/communer/v1/admin%2Faccounts',
    '/api/communer/v1/admin;x/accounts',
    '/API/communer/v1/admin/accounts'
  ]) {
    const { statusCode } = await app.inject({ url })
    t.ok([401, 404].includes(statusCode), `${url} ${statusCode}`)
  }
})

t.test('W22, X12: every answer carries the headers that protect a browser', async (t) => {
  const { app } = await appWithRoutes(t)
  for (const url of ['/api/v2/instance', '/nowhere-at-all', '/api/communer/v1/setup']) {
    const { headers } = await app.inject({ url })
    t.match(
      headers,
      {
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'permissions-policy': /camera=\(\)/,
        'strict-transport-security': /max-age/
      },
      url
    )
    const policy = String(headers['content-security-policy'])
    t.match(policy, /default-src 'self'.*frame-ancestors 'none'/)
    t.notMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline/)
  }
})

t.test('the API describes itself', async (t) => {
  const { app } = await appWithRoutes(t)
  const document = (await app.inject({ url: '/api/communer/v1/openapi.json' })).json()
  for (const path of ['/api/communer/v1/signup', '/api/communer/v1/groups', '/api/communer/v1/setup', '/api/communer/v1/admin/site'])
    t.ok(document.paths[path], path)
  t.notOk(
    Object.keys(document.paths).some((path) => path.startsWith('/api/v1')),
    'Mastodon describes its own'
  )
  t.equal((await app.inject({ url: '/api/docs' })).statusCode < 400, true)
  t.equal(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version, VERSION)
})

t.test('an error in our code says nothing of it', async (t) => {
  const { ctx, app } = await appWithRoutes(t)
  await ctx.db.schema.renameTable('groups', 'groups_away')
  const answer = await app.inject({ url: '/api/communer/v1/groups', headers: { 'accept-language': 'en' } })
  await ctx.db.schema.renameTable('groups_away', 'groups')
  t.equal(answer.statusCode, 500)
  t.same(answer.json(), {
    type: 'about:blank',
    title: 'Something went wrong on our side.',
    status: 500,
    detail: 'Something went wrong on our side.',
    code: 'server.error'
  })
})
