// Every host an activity or an object takes part of its sense from: when one of them is blocked, the whole is dropped (security.md D02, D04).
// Who is merely mentioned or addressed does not count: a word about somebody is not theirs. Pure.
import type { NormActivity, NormObject, NormRef } from '../db/incoming.ts'
import { hostOf } from '../core/iri.ts'
import { idOf } from './normalise-values.ts'

/** FEP-044f and the three older spellings of a quoted object. */
const QUOTES = ['quote', 'quoteUrl', 'quoteUri', '_misskey_quote']

/** Hosts of the signer, the actor, the target, and of each object with what it embeds, answers and quotes. */
export function involvedHosts(activity: NormActivity, signerIri: string): Set<string> {
  const iris = [signerIri, activity.actor, activity.id, activity.target]
  for (const ref of activity.objects) iris.push(...irisOfRef(ref))
  return hostsOf(iris)
}

/** The same of one object, wherever it came from. */
export function hostsOfObject(norm: NormObject): Set<string> {
  return hostsOf(irisOfObject(norm))
}

function irisOfRef(ref: NormRef): (string | null)[] {
  return [ref.id, ref.actor, ref.objectId, ...(ref.object === null ? [] : irisOfObject(ref.object))]
}

function irisOfObject(norm: NormObject): (string | null)[] {
  return [norm.id, norm.attributedTo, norm.authorIri, norm.inReplyTo, ...QUOTES.map((term) => idOf(norm.json[term]))]
}

function hostsOf(iris: (string | null)[]): Set<string> {
  return new Set(iris.flatMap((iri) => (iri === null ? [] : (hostOf(iri) ?? []))))
}
