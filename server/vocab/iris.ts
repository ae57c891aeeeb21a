// The only place where public IRIs of this instance are made (federation.md §1.1). They never change once published.
import { uuidv7 } from '../core/ids.ts'

/** Every address of one local actor. */
export interface ActorIris {
  iri: string
  inbox: string
  outbox: string
  followers: string
  following: string
  featured: string
  tags: string
  members: string
  moderators: string
  events: string
  posts: string
  key: string
  /** Followers by the host that asks (FEP-8fcf). */
  followersSync: string
}

/** A new actor's IRI; renaming its handle never changes it. */
export function mintActorIri(origin: string): string {
  return `${origin}/ap/actors/${uuidv7()}`
}

/** A new object's IRI. */
export function mintObjectIri(origin: string): string {
  return `${origin}/ap/objects/${uuidv7()}`
}

/** A new activity's IRI. */
export function mintActivityIri(origin: string): string {
  return `${origin}/ap/activities/${uuidv7()}`
}

/** Where the permission to quote a post can be fetched (FEP-044f). */
export function mintQuoteAuthorizationIri(origin: string): string {
  return `${origin}/ap/quote-authorizations/${uuidv7()}`
}

/** The instance actor's IRI. */
export function instanceActorIri(origin: string): string {
  return `${origin}/ap/actor`
}

/** The shared inbox of all local actors. */
export function sharedInboxIri(origin: string): string {
  return `${origin}/ap/inbox`
}

/** The addresses that hang on an actor's IRI. */
export function actorIris(iri: string): ActorIris {
  return {
    iri,
    inbox: `${iri}/inbox`,
    outbox: `${iri}/outbox`,
    followers: `${iri}/followers`,
    following: `${iri}/following`,
    featured: `${iri}/featured`,
    tags: `${iri}/tags`,
    members: `${iri}/members`,
    moderators: `${iri}/moderators`,
    events: `${iri}/events`,
    posts: `${iri}/posts`,
    key: `${iri}#main-key`,
    followersSync: `${iri}/followers_synchronization`
  }
}

/** HTML page of an actor. */
export function actorUrl(origin: string, username: string): string {
  return `${origin}/@${username}`
}

/** Kinds of objects with pages of their own, by kind or type. */
const PAGES: Record<string, string> = {
  Event: 'evenements',
  idea: 'idees',
  proposal: 'propositions',
  vote: 'votes',
  process: 'demarches',
  task: 'taches'
}

/** HTML page of a post, by its kind or type; one without pages of its own stands among what its publisher wrote. */
export function objectUrl(origin: string, kind: string, username: string, rowId: string): string {
  const page = PAGES[kind]
  return page === undefined ? `${origin}/@${username}/${rowId}` : `${origin}/${page}/${rowId}`
}

/** HTML page of a hashtag. */
export function tagUrl(origin: string, name: string): string {
  return `${origin}/tags/${encodeURIComponent(name.replace(/^#/, '').toLowerCase())}`
}

/** True when the IRI has the shape of one minted here: our origin exactly, our path, a UUIDv7 (second lock of the store). */
export function isMintedHere(origin: string, iri: string): boolean {
  if (iri === instanceActorIri(origin)) return true
  if (!iri.startsWith(`${origin}/ap/`)) return false
  return /^(actors|objects|activities)\/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(
    iri.slice(origin.length + 4)
  )
}
