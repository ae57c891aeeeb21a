// Every page of the site, in a commune that lives and as whoever may see it: what the test of accessibility and the screenshots go through.
// Driven by the router's own list, so that a new page cannot be forgotten.
import type { Browser } from 'playwright-core'
import { routes } from '../../web/router.ts'
import { setUpByApi, startEmpty, type Instance } from './instance.ts'
import { awake, newVisitor, visit, type Visitor } from './visitor.ts'

export type Who = 'visitor' | 'member' | 'admin'

export interface PageExample {
  /** Of the route, with what distinguishes several examples of one. */
  name: string
  path: string
  who: Who
}

export interface Commune {
  instance: Instance
  origin: string
  pages: PageExample[]
  /** Somebody's own window, logged in when they are somebody. */
  open(who: Who): Promise<Visitor>
}

const PASSWORD = 'correct horse battery staple'
/** Of `seed:demo`. */
const MEMBER = { login: 'lucie', password: 'demonstration-2026' }

/** A commune with the demonstration in it, a report, a list, a filter, a message and an announcement to moderate. */
export async function livingCommune(browser: Browser): Promise<Commune> {
  const instance = await startEmpty()
  try {
    return await fillCommune(browser, instance)
  } catch (error) {
    await instance.dispose()
    throw error
  }
}

async function fillCommune(browser: Browser, instance: Instance): Promise<Commune> {
  const { origin } = instance
  await setUpByApi(instance, PASSWORD, { registrations: 'approval' })
  await instance.command('seed:demo')
  const open = async (who: Who): Promise<Visitor> => {
    const visitor = await newVisitor(browser)
    if (who !== 'visitor') await logIn(visitor, origin, who === 'admin' ? { login: 'maire', password: PASSWORD } : MEMBER)
    return visitor
  }
  const ids = await furnish(origin, await open('member'), await open('visitor'), await open('admin'))
  return { instance, origin, open, pages: examples(ids) }
}

async function logIn({ page }: Visitor, origin: string, { login, password }: typeof MEMBER): Promise<void> {
  await visit(page, `${origin}/connexion`)
  await page.locator('main [name="login"]').fill(login)
  await page.locator('main [name="password"]').fill(password)
  await page.getByRole('main').getByRole('button', { name: 'Se connecter' }).click()
  await page.waitForURL(`${origin}/`)
  await awake(page)
}

interface Ids {
  event: string
  guestPath: string
  post: string
  list: string
  conversation: string
  report: string
  person: string
  idea: string
  ownIdea: string
  proposal: string
  vote: string
  process: string
  taskOf: string
  task: string
  room: string
  quarter: string
}

/** A quarter as wide as the commune, so that what the demonstration holds is in it. */
const AROUND_SAINT_LEU = {
  type: 'Polygon',
  coordinates: [
    [
      [55.2, -21.3],
      [55.45, -21.3],
      [55.45, -21.05],
      [55.2, -21.05],
      [55.2, -21.3]
    ]
  ]
}

type Json = ReturnType<typeof JSON.parse>

/** What the demonstration leaves out, made through the API as the pages do; gives the ids that addresses need. */
async function furnish(origin: string, member: Visitor, stranger: Visitor, admin: Visitor): Promise<Ids> {
  const call = async (visitor: Visitor, method: string, path: string, body?: unknown): Promise<Json> => {
    const answer = await visitor.page.request.fetch(origin + path, {
      method,
      headers: { 'content-type': 'application/json', origin },
      ...(body === undefined ? {} : { data: JSON.stringify(body) })
    })
    if (!answer.ok()) throw new Error(`${method} ${path} answered ${answer.status()}: ${await answer.text()}`)
    return answer.json()
  }
  const [event] = await call(member, 'GET', '/api/communer/v1/events?group=fresque')
  const posts: Json[] = await call(member, 'GET', '/api/v1/timelines/public?local=true')
  const post = posts.find(({ content }) => String(content).includes('vieilles photos'))
  const list = await call(member, 'POST', '/api/v1/lists', { title: 'Voisins' })
  await call(member, 'POST', '/api/v2/filters', { title: 'Travaux', context: ['home'], keywords_attributes: [{ keyword: 'chantier' }] })
  await call(member, 'POST', `/api/v1/statuses/${post.id}/bookmark`)
  await call(member, 'POST', '/api/v1/statuses', { status: '@amina On se retrouve à 14 h ?', visibility: 'direct' })
  const [conversation] = await call(member, 'GET', '/api/v1/conversations')
  const other = posts.find(({ account }) => account.acct !== 'lucie' && account.acct !== 'fresque')
  await call(member, 'POST', '/api/v1/reports', {
    account_id: other.account.id,
    status_ids: [other.id],
    comment: 'Publicité',
    category: 'spam'
  })
  await call(stranger, 'POST', '/api/communer/v1/accounts', {
    username: 'nouveau',
    name: 'Nouvelle Venue',
    email: 'nouvelle@example.org',
    password: PASSWORD,
    reason: 'Je viens d’emménager.',
    agreement: true
  }).catch(() => undefined)
  const [report] = await call(admin, 'GET', '/api/communer/v1/admin/reports')
  const [idea] = await call(member, 'GET', '/api/communer/v1/ideas?tab=answered')
  const [proposal] = await call(member, 'GET', '/api/communer/v1/proposals?tab=open')
  const [vote] = await call(member, 'GET', '/api/communer/v1/votes')
  const [process] = await call(member, 'GET', '/api/communer/v1/processes')
  const ownIdea = await call(member, 'POST', '/api/communer/v1/ideas', {
    title: 'Une boîte à livres au marché',
    text: 'On y laisse un livre, on en prend un autre.'
  })
  const decided = await call(member, 'POST', '/api/communer/v1/ideas', { title: 'Un banc devant la poste', text: 'Pour attendre assis.' })
  await call(admin, 'PUT', `/api/communer/v1/ideas/${decided.id}/answer`, { answer: 'accepted', text: 'Dès cet hiver.' })
  const wanted = [{ title: 'Choisir le bois du banc', text: 'Du bois d’ici.', due: '2026-02-01', people: ['lucie'] }, { title: 'Creuser' }]
  const [task] = await call(admin, 'POST', '/api/communer/v1/tasks', { about: decided.id, tasks: wanted })
  const room = await call(member, 'POST', '/api/communer/v1/groups/fresque/rooms', {
    name: 'Le bureau de l’atelier',
    topic: 'L’argent, les murs, les autorisations.',
    functions: ['Trésorerie', 'Présidence']
  })
  const me = await call(member, 'GET', '/api/v1/accounts/verify_credentials')
  await call(member, 'PUT', `/api/communer/v1/groups/fresque/members/${me.id}/functions`, {
    functions: [{ name: 'Présidence', until: '2027-06-30' }]
  })
  await call(member, 'POST', '/api/communer/v1/proposals', {
    title: 'Acheter de la peinture à l’eau',
    text: 'Nous achetons douze pots de peinture à l’eau chez le droguiste.',
    room: room.id
  })
  const [quarter] = await call(admin, 'POST', '/api/communer/v1/admin/neighbourhoods', { name: 'Le Centre' })
  await call(admin, 'PUT', `/api/communer/v1/admin/neighbourhoods/${quarter.id}/contour`, { file: AROUND_SAINT_LEU })
  const registration = { name: 'Marie Hoarau', email: 'marie@example.org', seats: 2, answers: { q1: 'du sucré' } }
  await stranger.page.request.post(`${origin}/api/communer/v1/events/${event.id}/guests`, { data: registration })
  const mails: Json[] = await call(admin, 'GET', '/api/communer/v1/admin/mails')
  const mail = mails.find(({ kind }) => kind === 'guest-confirm')
  const handed = await call(admin, 'POST', `/api/communer/v1/admin/mails/${mail.id}/link`)
  return {
    event: event.id,
    guestPath: new URL(handed.url).pathname + new URL(handed.url).search,
    post: post.id,
    list: list.id,
    conversation: conversation.id,
    report: report.id,
    person: other.account.id,
    idea: idea.id,
    ownIdea: ownIdea.id,
    proposal: proposal.id,
    vote: vote.id,
    process: process.id,
    taskOf: decided.id,
    task: task.id,
    room: room.id,
    quarter: quarter.id
  }
}

/** An address for each route; several where a page has sections. `setup` is shown before set-up alone. */
function examples(ids: Ids): PageExample[] {
  const paths: Record<string, [Who, ...string[]]> = {
    wall: ['member', '/', '/?fil=groupes', '/?fil=abonnements', '/?fil=fediverse'],
    publish: ['member', '/publier'],
    agenda: ['visitor', '/agenda'],
    'new-event': ['member', '/evenements/nouveau'],
    event: ['visitor', `/evenements/${ids.event}`],
    'edit-event': ['member', `/evenements/${ids.event}/modifier`],
    participants: ['member', `/evenements/${ids.event}/participants`],
    guest: ['visitor', ids.guestPath],
    directory: ['visitor', '/annuaire', '/annuaire?theme=culture'],
    map: ['visitor', '/carte'],
    quarter: ['visitor', `/quartiers/${ids.quarter}`],
    desk: ['admin', '/bureau'],
    votes: ['visitor', '/votes', '/votes?onglet=termines'],
    'new-vote': ['member', '/votes/nouveau'],
    vote: ['member', `/votes/${ids.vote}`],
    'vote-paper': ['member', `/votes/${ids.vote}/papier`],
    ideas: ['visitor', '/idees', '/idees?onglet=repondues', '/idees?vue=carte'],
    'new-idea': ['member', '/idees/nouvelle'],
    'paper-ideas': ['admin', '/idees/papier'],
    idea: ['admin', `/idees/${ids.idea}`],
    'edit-idea': ['member', `/idees/${ids.ownIdea}/modifier`],
    proposals: ['visitor', '/propositions', '/propositions?onglet=adoptees'],
    'new-proposal': ['member', '/propositions/nouvelle'],
    proposal: ['member', `/propositions/${ids.proposal}`],
    'edit-proposal': ['member', `/propositions/${ids.proposal}/modifier`],
    processes: ['visitor', '/demarches', '/demarches?onglet=terminees'],
    'new-process': ['admin', '/demarches/nouvelle'],
    process: ['admin', `/demarches/${ids.process}`],
    'edit-process': ['admin', `/demarches/${ids.process}/modifier`],
    tasks: ['member', '/taches', '/taches?onglet=terminees'],
    'new-tasks': ['admin', `/taches/nouvelles?sur=${ids.taskOf}`],
    task: ['member', `/taches/${ids.task}`],
    'import-cards': ['admin', '/annuaire/importer'],
    'edit-card': ['member', '/annuaire/fresque/modifier'],
    'new-group': ['member', '/groupes/nouveau'],
    'edit-group': ['member', '/groupes/fresque/modifier'],
    'group-agendas': ['member', '/groupes/fresque/agendas'],
    search: ['member', '/recherche?q=jardin', '/recherche'],
    tag: ['visitor', '/tags/jardin', '/tags/rien'],
    notifications: ['member', '/notifications', '/notifications?vue=mentions'],
    messages: ['member', '/messages'],
    'new-message': ['member', '/messages/nouveau?a=amina'],
    conversation: ['member', `/messages/${ids.conversation}`],
    lists: ['member', '/listes'],
    list: ['member', `/listes/${ids.list}`],
    filters: ['member', '/filtres'],
    bookmarks: ['member', '/marque-pages'],
    'sign-up': ['visitor', '/inscription'],
    welcome: ['member', '/bienvenue', '/bienvenue?etape=2', '/bienvenue?etape=3'],
    'log-in': ['visitor', '/connexion'],
    'log-in-code': ['visitor', '/connexion/code'],
    forgotten: ['visitor', '/mot-de-passe'],
    'new-password': ['visitor', '/mot-de-passe/nouveau?jeton=rien'],
    'stop-mails': ['visitor', '/courriels/arret?jeton=rien'],
    confirm: ['visitor', '/confirmer?jeton=rien'],
    resend: ['visitor', '/confirmer/renvoyer'],
    settings: [
      'member',
      '/reglages',
      ...['confidentialite', 'notifications', 'agenda', 'hashtags', 'securite', 'applications', 'donnees', 'langue'].map(
        (section) => `/reglages/${section}`
      )
    ],
    admin: ['admin', '/admin'],
    federation: ['admin', '/admin/federation'],
    host: ['admin', '/admin/federation/ailleurs.example'],
    announcements: ['admin', '/admin/annonces'],
    mails: ['admin', '/admin/courriel'],
    legal: ['admin', '/admin/pages-legales'],
    policies: ['admin', '/admin/serveurs'],
    reports: ['admin', '/admin/signalements'],
    report: ['admin', `/admin/signalements/${ids.report}`],
    person: ['admin', `/admin/personnes/${ids.person}`],
    'report-form': ['visitor', `/signaler?message=${ids.post}`],
    offline: ['visitor', '/hors-ligne'],
    about: ['visitor', '/a-propos'],
    mentions: ['visitor', '/mentions-legales'],
    privacy: ['visitor', '/confidentialite'],
    accessibility: ['visitor', '/accessibilite'],
    terms: ['visitor', '/conditions'],
    interact: ['member', `/authorize_interaction?uri=${encodeURIComponent('@amina')}`],
    elsewhere: ['visitor', '/ailleurs?uri=x'],
    profile: ['visitor', '/@jardin', '/@jardin?onglet=agenda', '/@lucie', '/@saint_leu'],
    members: ['member', '/@fresque/membres'],
    rooms: ['member', '/@fresque/salles', '/@jardin/salles'],
    room: ['member', `/@fresque/salles/${ids.room}`],
    'group-moderation': ['member', '/@fresque/moderation'],
    post: ['visitor', `/@lucie/${ids.post}`],
    'not-found': ['visitor', '/rien/de/tel']
  }
  const named = routes.flatMap(({ name }) => (typeof name === 'string' && name !== 'setup' ? [name] : []))
  const missing = named.filter((name) => !(name in paths))
  if (missing.length > 0) throw new Error(`Pages without an example in every-page.ts: ${missing.join(', ')}`)
  return named.flatMap((name) => {
    const [who, ...list] = paths[name]!
    return list.map((path, at) => ({ name: at === 0 ? name : `${name}-${at + 1}`, path, who }))
  })
}
