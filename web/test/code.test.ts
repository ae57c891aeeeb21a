// The words and dates of the pages, their API client, and what a rendered page may carry.
import t from 'tap'
import { ApiError, createApi, nextPath, withQuery, type ApiResponse } from '../api.ts'
import { fullHandle, imagePath, plainText, statusPath } from '../composables/addresses.ts'
import { handlesIn } from '../composables/audience.ts'
import { triggerAt } from '../composables/completion.ts'
import { dateWords } from '../composables/dates.ts'
import { bodyOf, emptyDraft } from '../composables/event-form.ts'
import { emojisNamed } from '../composables/emoji-words.ts'
import { emojiPieces, htmlWithEmojis } from '../composables/emojis.ts'
import { notificationGroups } from '../composables/notification-groups.ts'
import { slugOf } from '../composables/slug.ts'
import { changeStatus } from '../composables/status-cache.ts'
import type { Status } from '../entities.ts'
import { inlineJson } from '../page-state.ts'

const NBSP = /[\u00a0\u202f]/g
const fr = dateWords('fr-FR', 'Europe/Paris')
const status = (id: string, more: Partial<Status> = {}): Status =>
  ({ id, account: { acct: 'ana' }, favourites_count: 0, reblog: null, ...more }) as Status

t.test('an event reads as on a French notice', async (t) => {
  t.equal(fr.range('2026-12-12T14:00:00+01:00', '2026-12-12T17:30:00+01:00').replace(NBSP, ' '), 'samedi 12 décembre 2026, 14 h – 17 h 30')
  t.equal(fr.day('2026-12-01T14:00:00+01:00'), 'mardi 1er décembre 2026')
  t.equal(fr.range('2026-12-12T14:00:00+01:00', null).replace(NBSP, ' '), 'samedi 12 décembre 2026, 14 h')
})

t.test('an event is read in its own time zone, whatever the reader’s', async (t) => {
  t.equal(fr.time('2026-12-12T14:00:00+04:00', 'Indian/Reunion').replace(NBSP, ' '), '14 h')
  t.equal(
    fr.time('2026-12-12T14:00:00+04:00', 'Nowhere/Atlantis').replace(NBSP, ' '),
    '11 h',
    'an unknown zone falls back to the commune’s'
  )
})

t.test('the past is told in words, the distant past by its date', async (t) => {
  const now = Date.parse('2026-12-12T12:00:00Z')
  t.match(fr.relative('2026-12-12T11:57:00Z', now), /3\smin/)
  t.match(fr.relative('2026-10-01T12:00:00Z', now), /2026/)
})

t.test('a change to a message reaches every list that shows it, boosts included', async (t) => {
  const pages = { pages: [{ items: [status('1'), status('2', { reblog: status('1') })], next: null }], pageParams: [''] }
  const liked = changeStatus(pages, '1', (item) => ({ ...item, favourites_count: 1 }))
  t.equal(liked.pages[0]?.items[0]?.favourites_count, 1)
  t.equal(liked.pages[0]?.items[1]?.reblog?.favourites_count, 1)
  t.equal(pages.pages[0]?.items[0]?.favourites_count, 0, 'the old answer is left as it was')
})

t.test('a deleted message leaves every list, and its boosts too', async (t) => {
  const gone = changeStatus({ items: [status('1'), status('2', { reblog: status('1') }), status('3')] }, '1', () => null)
  t.same(
    gone.items.map((item) => item.id),
    ['3']
  )
})

t.test('the client follows the next page of a Link header, never another site', async (t) => {
  t.equal(
    nextPath('<https://x.fr/api/v1/timelines/public?max_id=5>; rel="next", <https://x.fr/a?min_id=9>; rel="prev"'),
    '/api/v1/timelines/public?max_id=5'
  )
  t.equal(nextPath(null), null)
  t.equal(withQuery('/a', { id: ['1', '2'], q: '', limit: 5 }), '/a?id%5B%5D=1&id%5B%5D=2&limit=5')
})

t.test('a refusal carries the server’s sentence and the field it is about', async (t) => {
  const answer: ApiResponse = {
    status: 422,
    link: null,
    body: { title: 'x', detail: 'Ce nom est pris.', code: 'username.taken', field: 'username' }
  }
  const api = createApi(async () => answer)
  const error = await api.get('/x').then(
    () => null,
    (failure: unknown) => failure
  )
  t.ok(error instanceof ApiError)
  t.match(error, { message: 'Ce nom est pris.', status: 422, code: 'username.taken', fields: { username: 'Ce nom est pris.' } })
  const offline = await createApi(async () => {
    throw new TypeError('network')
  })
    .get('/x')
    .then(
      () => null,
      (failure: unknown) => failure
    )
  t.match(offline, { status: 0, code: 'network' })
})

t.test('what a page carries cannot close its script', async (t) => {
  const text = inlineJson({ html: '</script><script>alert(1)</script>\u2028' })
  t.notMatch(text, /<|\u2028/)
  t.same(JSON.parse(text), { html: '</script><script>alert(1)</script>\u2028' })
})

t.test('an event form becomes what the API takes', async (t) => {
  const draft = {
    ...emptyDraft('Indian/Reunion'),
    title: ' Fête ',
    startDate: '2026-12-12',
    startTime: '14:00',
    endTime: '17:00',
    latitude: '-21,17',
    longitude: '55,29',
    tags: '#fête, musique'
  }
  t.match(bodyOf(draft, ['9']), {
    title: 'Fête',
    start: '2026-12-12T14:00',
    end: '2026-12-12T17:00',
    timezone: 'Indian/Reunion',
    location: { latitude: -21.17, longitude: 55.29 },
    tags: ['fête', 'musique'],
    media_ids: ['9']
  })
  t.equal(bodyOf({ ...draft, endTime: '', latitude: '' }, []).location, null)
})

t.test('names become addresses people can spell', async (t) => {
  t.equal(slugOf('Comité des Fêtes & Cœur d’Îlet'), 'comite_des_fetes_coeur_d_ilet')
  t.equal(slugOf('!!!'), '')
})

t.test('people are always named with their server, pictures stay on this one', async (t) => {
  t.equal(fullHandle({ acct: 'ana' }, 'saint-leu.fr'), '@ana@saint-leu.fr')
  t.equal(fullHandle({ acct: 'ana@autre.fr' }, 'saint-leu.fr'), '@ana@autre.fr')
  t.equal(imagePath('https://a.fr/media/x.webp', 'https://a.fr'), '/media/x.webp')
  t.equal(imagePath('https://a.fr.evil.fr/x', 'https://a.fr'), 'https://a.fr.evil.fr/x')
  t.equal(statusPath(status('7', { communer: { type: 'Event' } as Status['communer'] })), '/evenements/7')
  t.equal(plainText('<p>Fish &amp; chips</p><p>&lt;b&gt;</p>'), 'Fish & chips <b>')
})

t.test('[X04] custom emoji become pictures of this site, whatever their name or address try', async (t) => {
  const origin = 'https://a.fr'
  const emojis = [
    { shortcode: 'chat', url: 'https://a.fr/proxy/x?s=1&t=2' },
    { shortcode: 'bad', url: 'https://a.fr/x" onerror="alert(1)' }
  ]
  t.same(emojiPieces('Ana :chat: :chien:', emojis, origin), [
    { text: 'Ana ', src: null },
    { text: ':chat:', src: '/proxy/x?s=1&t=2' },
    { text: ' :chien:', src: null }
  ])
  t.same(emojiPieces('12:30:chat:', emojis, origin).at(-1), { text: '12:30:chat:', src: null }, 'an hour is no emoji, and hides the next')
  const html = htmlWithEmojis('<p title=":chat:">A :chat: <a href="https://x.fr/:chat:">:bad:</a></p>', emojis, origin)
  t.equal(html.split('<img').length, 3, 'only what stands between tags')
  t.match(html, 'src="/proxy/x?s=1&amp;t=2" alt=":chat:"')
  t.match(html, 'src="/x&quot; onerror=&quot;alert(1)"')
  t.notMatch(html, /\sonerror="/)
  t.match(html, 'href="https://x.fr/:chat:"')
  t.equal(htmlWithEmojis('<p>:chat:</p>', [], origin), '<p>:chat:</p>')
})

t.test('HTML of authors is shown through one component only', async (t) => {
  const { execFileSync } = await import('node:child_process')
  const found = execFileSync('grep', [
    '-rlE',
    'v-html|innerHTML',
    '--include=*.vue',
    '--include=*.ts',
    new URL('..', import.meta.url).pathname
  ])
    .toString()
    .trim()
    .split('\n')
    .filter((path) => !path.endsWith('.test.ts'))
  t.equal(found.length, 1)
  t.match(found[0], /RemoteHtml\.vue$/)
})

t.test('the word being typed may be a person, a hashtag or an emoji; an address or an hour is none', async (t) => {
  const at = (text: string): object | null => triggerAt(text, text.length)
  t.same(at('Bonjour @pau'), { kind: 'person', query: 'pau', start: 8 })
  t.same(at('@p'), { kind: 'person', query: 'p', start: 0 }, 'one letter is enough')
  t.same(at('(@ana@autre.f'), { kind: 'person', query: 'ana@autre.f', start: 1 })
  t.same(at('#fêt'), { kind: 'tag', query: 'fêt', start: 0 })
  t.same(at('miam :pai'), { kind: 'emoji', query: 'pai', start: 5 })
  t.same(triggerAt('@paul et moi', 5), { kind: 'person', query: 'paul', start: 0 }, 'the caret decides')
  for (const text of ['ana@autre.fr', 'https://a.fr/#bas', 'à 12:30', 'https://a.fr/@ana', 'fin : oui', '@', ''])
    t.equal(at(text), null, text)
})

t.test('grouped notifications are put together again: who came last, how many, about what', async (t) => {
  const group = (id: string, more: object): object => ({
    group_key: id,
    notifications_count: 1,
    type: 'favourite',
    most_recent_notification_id: '9',
    latest_page_notification_at: '2026-11-26T01:00:00.000Z',
    sample_account_ids: ['2', '1'],
    status_id: '7',
    ...more
  })
  const groups = notificationGroups({
    accounts: [{ id: '1' }, { id: '2' }],
    statuses: [status('7')],
    notification_groups: [
      group('a', { notifications_count: 3 }),
      group('b', { sample_account_ids: ['5'] }),
      group('c', { status_id: null })
    ]
  })
  t.match(groups, [
    { id: 'a', newest_id: '9', account: { id: '2' }, people: 3, status: { id: '7' } },
    { id: 'c', people: 1, status: null }
  ])
  t.equal(groups.length, 2, 'a group of somebody unknown is left out')
  t.same(notificationGroups(null), [])
})

t.test('emoji are found by their names in the reader’s language, accents or not', async (t) => {
  t.same(emojisNamed('fete', 'fr')[0], { emoji: '🎉', name: 'fête' })
  t.same(emojisNamed('brea', 'en')[0], { emoji: '🥖', name: 'bread' })
  t.same(emojisNamed('zzz', 'fr'), [])
})

t.test('the sentence under the composer names who will see a direct message', async (t) => {
  t.same(handlesIn('@ana, voyez @bea@autre.fr. Écrire à x@y.fr, encore @ana'), ['@ana', '@bea@autre.fr'])
})
