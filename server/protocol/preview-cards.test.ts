// Link previews from the post that links to the page it shows: what is read, what is not, and what strangers' pages can do to us.
import t from 'tap'
import { firstLink } from '../core/first-link.ts'
import { decodePage, readPageFacts } from '../core/page-facts.ts'
import { loadStatusParts } from '../db/status-parts.ts'
import { doChores } from '../jobs/chores.ts'
import { create, note, receive } from '../test/arrivals.ts'
import { clientScene } from '../test/client.ts'
import { testInternet } from '../test/internet.ts'
import { getActorByIri } from './actors.ts'

const PAGE = `<!doctype html><html lang="fr"><head><title>Titre du navigateur</title>
  <meta property="og:title" content="Le marché &amp; la fête &lt;script&gt;"><meta property="og:description" content="Samedi,  place\nde l’église">
  <meta property="og:image" content="/img/marche.jpg"><meta property="og:image:width" content="1200"><meta property="og:image:height" content="630">
  <meta property="og:site_name" content="Journal du \u202eval"><meta name="author" content="Jeanne"></head><body><meta property="og:title" content="plus tard"></body></html>`

async function scene(t: Parameters<typeof clientScene>[0]) {
  const test = await clientScene(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const internet = await testInternet(t, test.ctx)
  const other = internet.host('other.test')
  const page = (path: string, html: string | Buffer, type = 'text/html; charset=utf-8') =>
    other.on(path, (_request, response) => void response.writeHead(200, { 'content-type': type }).end(html))
  const asked = (path: string): number => other.seen.filter(({ url }) => url === path).length
  const say = async (status: string, more: object = {}) => (await test.alice.call('POST', '/api/v1/statuses', { status, ...more })).json
  const cardOf = async (id: string, who = test.anyone) => (await who('GET', `/api/v1/statuses/${id}`)).json.card
  return { ...test, internet, other, page, asked, say, cardOf }
}

t.test('a post shows the page it links to: its words as plain text, its picture through our proxy, asked once for everybody', async (t) => {
  const { ctx, clock, bea, other, page, asked, say, cardOf } = await scene(t)
  page('/marche?a=1', PAGE)
  const post = await say('Voir https://other.test/marche?a=1#haut avec #commune')
  t.equal(post.card, null, 'nobody waits for another server')
  await doChores(ctx)
  const card = await cardOf(post.id)
  t.match(card, {
    url: 'https://other.test/marche?a=1',
    type: 'link',
    title: 'Le marché & la fête <script>',
    description: 'Samedi, place de l’église',
    provider_name: 'Journal du val',
    author_name: 'Jeanne',
    authors: [{ name: 'Jeanne', url: '', account: null }],
    html: '',
    embed_url: '',
    blurhash: null,
    width: 1200,
    height: 630,
    language: 'fr',
    image: /^https:\/\/commune\.test\/media\/proxy\//
  })
  t.match(other.seen[0]!.headers['user-agent'], /commune\.test/, 'the instance says who asks')
  t.notOk(other.seen[0]!.headers['signature'])
  const again = (await bea.call('POST', '/api/v1/statuses', { status: 'https://other.test/marche?a=1' })).json
  t.equal(await doChores(ctx), 0)
  t.equal((await cardOf(again.id)).title, card.title)
  clock.advance(15 * 86_400_000)
  page('/marche?a=1', PAGE.replace('Le marché', 'Les halles'))
  await say('encore https://other.test/marche?a=1')
  await doChores(ctx)
  t.match((await cardOf(again.id)).title, /^Les halles/, 'after two weeks, the next who links to it has it read again')
  t.equal(asked('/marche?a=1'), 2)
})

t.test('what is not for everybody, names people or subjects, or has pictures asks nobody', async (t) => {
  const { ctx, alice, other, say } = await scene(t)
  for (const visibility of ['private', 'direct']) await say('https://other.test/secret', { visibility })
  await say('@bea #commune bonjour')
  await say('http://127.0.0.1/admin et file:///etc/passwd')
  await say('javascript:alert(1) data:text/html,x')
  await doChores(ctx)
  t.same(other.seen, [])
  t.same(await ctx.db('object_cards as o').join('preview_cards as c', 'c.id', 'o.card_id').pluck('c.url'), ['http://127.0.0.1/admin'])
  t.match(await ctx.db('preview_cards').first(), { title: null, fetched_at: Date }, 'refused by the guard, and remembered')
  const post = await say('https://other.test/a')
  await alice.call('PUT', `/api/v1/statuses/${post.id}`, { status: 'plus de lien' })
  t.same(await ctx.db('preview_cards').where({ url: 'https://other.test/a' }), [], 'an edit takes its page along')
})

t.test(
  'F23: a page that is slow to end, endless, no page, gone, or leads inwards shows nothing and is not asked again at once',
  async (t) => {
    const { ctx, other, page, asked, say, cardOf } = await scene(t)
    page('/giant', `<title>x</title>${'<p>'.repeat(1_000_000)}`)
    page('/picture', 'GIF89a', 'image/gif')
    page('/empty', '<html><body>rien</body></html>')
    for (const [path, to] of [
      ['/inwards', 'https://127.0.0.1:5432/'],
      ['/home', 'https://commune.test/api/v1/instance'],
      ['/scheme', 'javascript:alert(1)'],
      ['/loop', '/loop']
    ] as const)
      other.on(path, (_request, response) => void response.writeHead(302, { location: to }).end())
    other.on('/gone', 410)
    const paths = ['/giant', '/picture', '/empty', '/inwards', '/home']
    const posts = []
    for (const path of paths) posts.push(await say(`https://other.test${path}`))
    while ((await doChores(ctx)) > 0);
    for (const post of posts) t.equal(await cardOf(post.id), null)
    await say('encore https://other.test/giant')
    t.equal(await doChores(ctx), 0, 'a failure is remembered for a day')
    t.equal(asked('/giant'), 1)
    const more = []
    for (const path of ['/scheme', '/loop', '/gone']) more.push(await say(`https://other.test${path}`))
    const before = other.seen.length
    while ((await doChores(ctx)) > 0);
    t.ok(other.seen.length - before <= 3 + 2, 'redirects end')
    for (const post of more) t.equal(await cardOf(post.id), null)
  }
)

t.test('one server is asked for few pages a minute, however many are linked to', async (t) => {
  const { ctx, clock, other, say } = await scene(t)
  for (let at = 0; at < 9; at += 1) {
    other.on(`/p${at}`, 404)
    await say(`https://other.test/p${at}`)
    await doChores(ctx)
  }
  t.equal(other.seen.length, 6)
  clock.advance(2 * 60_000)
  while ((await doChores(ctx)) > 0);
  t.equal(other.seen.length, 9)
})

t.test('a link to a post known here is shown from its own row, to those who may see it, and asks nobody', async (t) => {
  const { ctx, alice, bea, internet, say, cardOf } = await scene(t)
  const target = (await bea.call('POST', '/api/v1/statuses', { status: 'Les mots de Béa' })).json
  const post = await say(`Lisez ${target.url}`)
  await doChores(ctx)
  t.match(await cardOf(post.id), { title: /bea/i, description: 'Les mots de Béa', authors: [{ account: { acct: 'bea' } }] })
  t.same(internet.host('commune.test').seen, [])
  const parts = await loadStatusParts(ctx, [(await ctx.db('objects').where({ id: post.id }).first())!], { actorId: alice.actor.id })
  t.equal(parts.linked.size, 1)
  await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/block`)
  t.equal(await cardOf(post.id, alice.call), null, 'not to whom its author blocked')
  await bea.call('DELETE', `/api/v1/statuses/${target.id}`)
  t.equal(await cardOf(post.id), null, 'a deleted post leaves no words behind')
})

t.test('a post of elsewhere is read too, later than its arrival; who deletes the last link has the page forgotten', async (t) => {
  const { ctx, clock, alice, internet, page, asked, say, cardOf } = await scene(t)
  page('/a', '<title>Une page</title>')
  const bob = await getActorByIri(ctx, internet.host('peer.test').actor('bob').iri)
  await alice.call('POST', `/api/v1/accounts/${bob.id}/follow`)
  await ctx.db('follows').update({ state: 'accepted' })
  const json = note(bob, {
    content:
      '<p><a class="u-url mention" href="https://peer.test/@x">@x</a> <a rel="tag" href="https://peer.test/tags/x">#x</a> <a href="https://other.test/a">a</a></p>'
  })
  await receive(ctx, create(bob, json))
  clock.advance(61_000)
  await doChores(ctx)
  t.equal(asked('/a'), 1)
  const { id } = (await ctx.db('objects').where({ iri: json.id }).first('id'))!
  t.equal((await cardOf(id)).title, 'Une page')
  const own = await say('https://other.test/a')
  await alice.call('DELETE', `/api/v1/statuses/${own.id}`)
  t.equal((await cardOf(id)).title, 'Une page')
  await ctx.db('objects').where({ id }).update({ deleted_at: clock.now() })
  t.same(await ctx.db('preview_cards').select('id'), [])
})

t.test('pages are read whatever their charset, and hostile ones say little', async (t) => {
  const at = new URL('https://other.test/dir/page')
  const latin = Buffer.from('<meta charset="iso-8859-1"><title>\xe9cole</title>', 'latin1')
  t.equal(readPageFacts(decodePage(latin, 'text/html'), at)?.title, 'école')
  t.equal(readPageFacts(decodePage(Buffer.from('<title>é</title>'), 'text/html; charset=nonsense'), at)?.title, 'é')
  const facts = (head: string) => readPageFacts(`<head><title>x</title>${head}</head>`, at)!
  for (const image of ['data:image/png;base64,AAAA', 'javascript:alert(1)', 'file:///etc/passwd', 'https://u:p@other.test/', 'http://'])
    t.equal(facts(`<meta property="og:image" content="${image}">`).imageUrl, null, image)
  t.equal(facts('<meta property="og:image" content="a.png">').imageUrl, 'https://other.test/dir/a.png')
  t.equal([...facts(`<meta name="description" content="${'mot '.repeat(5000)}">`).description].length, 300)
  t.equal(facts('<meta property="og:image:width" content="99999999">').imageWidth, 0)
  t.equal(facts('<meta property="article:published_time" content="+123456-01-01T00:00:00Z">').publishedAt, null)
  t.equal(readPageFacts('<meta property="og:title" content="   ">', at), null)
  t.equal(
    firstLink(
      '<p class="quote-inline">RE: <a href="https://a.test/">a</a></p><a href="https://u@b.test/">b</a><a href="https://c.test/x#y">c</a>'
    ),
    'https://c.test/x'
  )
})
