// Every page and its address. Addresses are French, short and permanent: they are printed on posters.
import { createRouter, type RouteLocationNormalized, type Router, type RouterHistory, type RouteRecordRaw } from 'vue-router'
import type { PageContext } from './page-context.ts'

export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'wall', component: () => import('./pages/WallPage.vue') },
  { path: '/publier', name: 'publish', component: () => import('./pages/PublishPage.vue'), meta: { members: true } },
  { path: '/agenda', name: 'agenda', component: () => import('./pages/AgendaPage.vue'), meta: { texts: ['calendar', 'carry'] } },
  {
    path: '/evenements/nouveau',
    name: 'new-event',
    component: () => import('./pages/NewEventPage.vue'),
    meta: { members: true, texts: ['agenda', 'series', 'registering'] }
  },
  {
    path: '/evenements/:id(\\d+)',
    name: 'event',
    component: () => import('./pages/EventPage.vue'),
    meta: { texts: ['series', 'registering'] }
  },
  {
    path: '/evenements/:id(\\d+)/inscription',
    name: 'guest',
    component: () => import('./pages/GuestPage.vue'),
    meta: { texts: ['registering'] }
  },
  {
    path: '/evenements/:id(\\d+)/modifier',
    name: 'edit-event',
    component: () => import('./pages/EditEventPage.vue'),
    meta: { members: true, texts: ['agenda', 'series', 'registering'] }
  },
  {
    path: '/evenements/:id(\\d+)/participants',
    name: 'participants',
    component: () => import('./pages/ParticipantsPage.vue'),
    meta: { members: true, texts: ['registering'] }
  },
  { path: '/groupes', redirect: (to) => ({ path: '/annuaire', query: to.query }) },
  { path: '/groupes/nouveau', name: 'new-group', component: () => import('./pages/NewGroupPage.vue'), meta: { members: true } },
  {
    path: '/groupes/:username/modifier',
    name: 'edit-group',
    component: () => import('./pages/EditGroupPage.vue'),
    meta: { members: true }
  },
  { path: '/annuaire', name: 'directory', component: () => import('./pages/DirectoryPage.vue'), meta: { texts: ['directory', 'themes'] } },
  {
    path: '/annuaire/importer',
    name: 'import-cards',
    component: () => import('./pages/ImportCardsPage.vue'),
    meta: { members: true, texts: ['cardimport'] }
  },
  {
    path: '/annuaire/:username/modifier',
    name: 'edit-card',
    component: () => import('./pages/EditCardPage.vue'),
    meta: { members: true, texts: ['directory', 'cardform', 'themes'] }
  },
  { path: '/idees', name: 'ideas', component: () => import('./pages/IdeasPage.vue'), meta: { texts: ['ideas', 'themes', 'map'] } },
  {
    path: '/idees/nouvelle',
    name: 'new-idea',
    component: () => import('./pages/NewIdeaPage.vue'),
    meta: { members: true, texts: ['ideas', 'themes', 'phases'] }
  },
  {
    path: '/idees/papier',
    name: 'paper-ideas',
    component: () => import('./pages/PaperIdeasPage.vue'),
    meta: { members: true, texts: ['ideas', 'paperideas', 'themes'] }
  },
  {
    path: '/idees/:id(\\d+)',
    name: 'idea',
    component: () => import('./pages/IdeaPage.vue'),
    meta: { texts: ['ideas', 'paperideas', 'official', 'tasklist', 'themes', 'phases'] }
  },
  {
    path: '/idees/:id(\\d+)/modifier',
    name: 'edit-idea',
    component: () => import('./pages/EditIdeaPage.vue'),
    meta: { members: true, texts: ['ideas', 'themes'] }
  },
  {
    path: '/propositions',
    name: 'proposals',
    component: () => import('./pages/ProposalsPage.vue'),
    meta: { texts: ['proposals', 'themes'] }
  },
  {
    path: '/propositions/nouvelle',
    name: 'new-proposal',
    component: () => import('./pages/NewProposalPage.vue'),
    meta: { members: true, texts: ['proposals', 'themes', 'phases'] }
  },
  {
    path: '/propositions/:id(\\d+)',
    name: 'proposal',
    component: () => import('./pages/ProposalPage.vue'),
    meta: { texts: ['proposals', 'official', 'tasklist', 'themes', 'phases'] }
  },
  {
    path: '/propositions/:id(\\d+)/modifier',
    name: 'edit-proposal',
    component: () => import('./pages/EditProposalPage.vue'),
    meta: { members: true, texts: ['proposals', 'themes'] }
  },
  { path: '/taches', name: 'tasks', component: () => import('./pages/TasksPage.vue'), meta: { members: true, texts: ['tasklist'] } },
  {
    path: '/taches/nouvelles',
    name: 'new-tasks',
    component: () => import('./pages/NewTasksPage.vue'),
    meta: { members: true, texts: ['taskpage'] }
  },
  {
    path: '/taches/:id(\\d+)',
    name: 'task',
    component: () => import('./pages/TaskPage.vue'),
    meta: { texts: ['tasklist', 'taskpage', 'official'] }
  },
  {
    path: '/demarches',
    name: 'processes',
    component: () => import('./pages/ProcessesPage.vue'),
    meta: { texts: ['processes', 'phases', 'votes'] }
  },
  {
    path: '/demarches/nouvelle',
    name: 'new-process',
    component: () => import('./pages/NewProcessPage.vue'),
    meta: { members: true, texts: ['processes', 'phases', 'processform', 'themes'] }
  },
  {
    path: '/demarches/:id(\\d+)',
    name: 'process',
    component: () => import('./pages/ProcessPage.vue'),
    meta: { texts: ['processes', 'phases', 'themes'] }
  },
  {
    path: '/demarches/:id(\\d+)/modifier',
    name: 'edit-process',
    component: () => import('./pages/EditProcessPage.vue'),
    meta: { members: true, texts: ['processes', 'phases', 'processform', 'themes'] }
  },
  {
    path: '/bureau',
    name: 'desk',
    component: () => import('./pages/DeskPage.vue'),
    meta: { members: true, texts: ['votes', 'desk'] }
  },
  { path: '/votes', name: 'votes', component: () => import('./pages/VotesPage.vue'), meta: { texts: ['votes'] } },
  {
    path: '/votes/nouveau',
    name: 'new-vote',
    component: () => import('./pages/NewVotePage.vue'),
    meta: { members: true, texts: ['votes', 'newvote', 'phases'] }
  },
  { path: '/votes/:id(\\d+)', name: 'vote', component: () => import('./pages/VotePage.vue'), meta: { texts: ['votes', 'phases'] } },
  {
    path: '/votes/:id(\\d+)/papier',
    name: 'vote-paper',
    component: () => import('./pages/VotePaperPage.vue'),
    meta: { members: true, texts: ['votes'] }
  },
  {
    path: '/quartiers/:id(\\d+)',
    name: 'quarter',
    component: () => import('./pages/QuarterPage.vue'),
    meta: { texts: ['quarterpage', 'ideas', 'themes', 'directory'] }
  },
  { path: '/carte', name: 'map', component: () => import('./pages/MapPage.vue'), meta: { texts: ['map', 'themes'], wide: true } },
  { path: '/actualites', redirect: '/' },
  {
    path: '/recherche',
    name: 'search',
    component: () => import('./pages/SearchPage.vue'),
    meta: { texts: ['search', 'directory', 'themes'] }
  },
  { path: '/tags/:tag', name: 'tag', component: () => import('./pages/TagPage.vue') },
  { path: '/notifications', name: 'notifications', component: () => import('./pages/NotificationsPage.vue'), meta: { members: true } },
  { path: '/messages', name: 'messages', component: () => import('./pages/MessagesPage.vue'), meta: { members: true } },
  { path: '/messages/nouveau', name: 'new-message', component: () => import('./pages/NewMessagePage.vue'), meta: { members: true } },
  { path: '/messages/:id(\\d+)', name: 'conversation', component: () => import('./pages/ConversationPage.vue'), meta: { members: true } },
  { path: '/listes', name: 'lists', component: () => import('./pages/ListsPage.vue'), meta: { members: true } },
  { path: '/listes/:id(\\d+)', name: 'list', component: () => import('./pages/ListPage.vue'), meta: { members: true } },
  { path: '/filtres', name: 'filters', component: () => import('./pages/FiltersPage.vue'), meta: { members: true } },
  { path: '/marque-pages', name: 'bookmarks', component: () => import('./pages/BookmarksPage.vue'), meta: { members: true } },
  { path: '/inscription', name: 'sign-up', component: () => import('./pages/SignUpPage.vue') },
  { path: '/bienvenue', name: 'welcome', component: () => import('./pages/WelcomePage.vue'), meta: { members: true } },
  { path: '/connexion', name: 'log-in', component: () => import('./pages/LogInPage.vue') },
  { path: '/connexion/code', name: 'log-in-code', component: () => import('./pages/LogInPage.vue') },
  { path: '/mot-de-passe', name: 'forgotten', component: () => import('./pages/ForgottenPasswordPage.vue') },
  { path: '/mot-de-passe/nouveau', name: 'new-password', component: () => import('./pages/NewPasswordPage.vue') },
  { path: '/courriels/arret', name: 'stop-mails', component: () => import('./pages/StopMailsPage.vue') },
  { path: '/confirmer', name: 'confirm', component: () => import('./pages/ConfirmPage.vue') },
  { path: '/confirmer/renvoyer', name: 'resend', component: () => import('./pages/ResendPage.vue') },
  {
    path: '/reglages/:section(profil|confidentialite|notifications|agenda|hashtags|securite|applications|donnees|langue)?',
    name: 'settings',
    component: () => import('./pages/SettingsPage.vue'),
    meta: { members: true }
  },
  {
    path: '/admin',
    name: 'admin',
    component: () => import('./pages/AdminPage.vue'),
    meta: { members: true, texts: ['setup', 'quarteradmin'] }
  },
  { path: '/admin/federation', name: 'federation', component: () => import('./pages/FederationPage.vue'), meta: { members: true } },
  { path: '/admin/federation/:host', name: 'host', component: () => import('./pages/HostPage.vue'), meta: { members: true } },
  { path: '/admin/annonces', name: 'announcements', component: () => import('./pages/AnnouncementsPage.vue'), meta: { members: true } },
  { path: '/admin/courriel', name: 'mails', component: () => import('./pages/MailsPage.vue'), meta: { members: true } },
  { path: '/admin/pages-legales', name: 'legal', component: () => import('./pages/LegalSettingsPage.vue'), meta: { members: true } },
  { path: '/admin/serveurs', name: 'policies', component: () => import('./pages/PoliciesPage.vue'), meta: { members: true } },
  { path: '/admin/signalements', name: 'reports', component: () => import('./pages/ReportsPage.vue'), meta: { members: true } },
  {
    path: '/admin/signalements/:id(\\d+)',
    name: 'report',
    component: () => import('./pages/ReportPage.vue'),
    meta: { members: true }
  },
  { path: '/admin/personnes/:id(\\d+)', name: 'person', component: () => import('./pages/PersonPage.vue'), meta: { members: true } },
  { path: '/signaler', name: 'report-form', component: () => import('./pages/ReportFormPage.vue') },
  { path: '/hors-ligne', name: 'offline', component: () => import('./pages/OfflinePage.vue') },
  { path: '/a-propos', name: 'about', component: () => import('./pages/AboutPage.vue'), meta: { texts: ['about'] } },
  { path: '/mentions-legales', name: 'mentions', component: () => import('./pages/LegalPage.vue') },
  { path: '/confidentialite', name: 'privacy', component: () => import('./pages/LegalPage.vue') },
  { path: '/accessibilite', name: 'accessibility', component: () => import('./pages/LegalPage.vue') },
  { path: '/conditions', name: 'terms', component: () => import('./pages/LegalPage.vue') },
  {
    path: '/authorize_interaction',
    name: 'interact',
    component: () => import('./pages/InteractPage.vue'),
    meta: { members: true, texts: ['interact'] }
  },
  { path: '/interagir', name: 'elsewhere', component: () => import('./pages/ElsewherePage.vue'), meta: { texts: ['interact'] } },
  { path: '/installation', name: 'setup', component: () => import('./pages/SetupPage.vue'), meta: { bare: true, texts: ['setup'] } },
  {
    path: '/@:handle([^/]+)',
    name: 'profile',
    component: () => import('./pages/ProfilePage.vue'),
    meta: { texts: ['directory', 'themes', 'carry'] }
  },
  {
    path: '/@:handle([^/]+)/membres',
    name: 'members',
    component: () => import('./pages/MembersPage.vue'),
    meta: { texts: ['rooms'] }
  },
  { path: '/@:handle([^/]+)/salles', name: 'rooms', component: () => import('./pages/RoomsPage.vue'), meta: { texts: ['rooms'] } },
  {
    path: '/@:handle([^/]+)/salles/:id(\\d+)',
    name: 'room',
    component: () => import('./pages/RoomPage.vue'),
    meta: { texts: ['rooms', 'proposals'] }
  },
  {
    path: '/groupes/:username/agendas',
    name: 'group-agendas',
    component: () => import('./pages/GroupAgendasPage.vue'),
    meta: { members: true, texts: ['agenda'] }
  },
  {
    path: '/@:handle([^/]+)/moderation',
    name: 'group-moderation',
    component: () => import('./pages/GroupModerationPage.vue'),
    meta: { members: true, texts: ['agenda'] }
  },
  { path: '/@:handle([^/]+)/:id(\\d+)', name: 'post', component: () => import('./pages/PostPage.vue') },
  { path: '/:rest(.*)*', name: 'not-found', component: () => import('./pages/NotFoundPage.vue') }
]

/** The parts of the site whose texts (`locales/areas/<area>/`) this page needs: `meta: { texts: ['agenda'] }`. */
export function areasOf(to: RouteLocationNormalized): string[] {
  return to.matched.flatMap((record) => (record.meta['texts'] as string[] | undefined) ?? [])
}

export function createPages(history: RouterHistory, context: PageContext): Router {
  const router = createRouter({
    history,
    routes,
    scrollBehavior: (to, from, saved) => saved ?? (to.hash ? { el: to.hash } : to.path === from.path ? undefined : { top: 0 })
  })
  router.beforeEach((to) => {
    if (context.site === null && to.name !== 'setup') return { name: 'setup' }
    if (context.site !== null && to.name === 'setup') return { name: 'wall' }
    if (to.meta['members'] === true && !context.signedIn) return { name: 'log-in', query: { retour: to.fullPath } }
    return true
  })
  return router
}
