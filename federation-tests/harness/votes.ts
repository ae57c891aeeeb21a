// What tests of votes share: time that passes for one vote, and a check of its signed result that knows nothing but what is published.
import { createVerify } from 'node:crypto'
import type { Network } from '../network/network.ts'
import type { Json } from './client.ts'
import type { Communer } from './communer.ts'

/** SQL: now, in the whole milliseconds that chores are written in. A finer date looks moved to who did it, and it is done again. */
export const NOW = "date_trunc('milliseconds', now())"

/** Minutes pass for this vote and for what has to be done about it; for nothing else. The shortest vote lasts five of them. */
export async function letPass(instance: Pick<Communer, 'query' | 'wake'>, voteId: string, minutes: number): Promise<void> {
  const [id, span] = [BigInt(voteId), `interval '${minutes} minutes'`]
  // The rules of a vote stand, so says a trigger: it looks away in this one transaction.
  await instance.query(`
    alter table votes disable trigger votes_stand;
    update votes set opens_at = opens_at - ${span}, closes_at = closes_at - ${span}, counts_at = counts_at - ${span} where object_id = ${id};
    update objects set poll = jsonb_set(poll, '{endTime}', to_jsonb(to_char(((poll->>'endTime')::timestamptz - ${span}) at time zone 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS"Z"'))) where id = ${id} and poll is not null;
    update chores set due_at = due_at - ${span} where kind in ('vote-close', 'vote-soon') and subject = '${id}';
    alter table votes enable trigger votes_stand;`)
  await instance.wake()
}

/** Everybody who got the question is told now how the public's answers stand, not in three minutes. */
export async function tellNow(instance: Communer): Promise<void> {
  await instance.query(`update chores set due_at = ${NOW} where kind = 'vote-tell'`)
  await instance.wake()
}

/** How the instance judged, in their order, the answers to this vote that an actor of elsewhere sent. */
export async function outcomesOf(instance: Communer, voteIri: string, actorIri: string): Promise<string[]> {
  const rows = await instance.query<{ outcome: string }>(
    "select outcome from inbox_log where type = 'Create' and actor_iri = $1 and strpos(body, $2) > 0 and state = 'done' order by id",
    [actorIri, voteIri]
  )
  return rows.map(({ outcome }) => outcome)
}

const AP = { headers: { accept: 'application/activity+json' } }

/**
 * The result that stands in a closed Question or Page, or null when its signature does not hold: the key is read where it is published,
 * and must be of the organiser whose vote it is.
 */
export async function readSignedResult(network: Network, vote: Json): Promise<Json | null> {
  const { creator, signatureAlgorithm, signatureValue } = vote['communer:resultSignature']
  const organiser = (await (await network.fetch(String(vote.attributedTo), AP)).json()) as Json
  const key: Json = organiser.publicKey
  if (signatureAlgorithm !== 'rsa-sha256' || key.id !== creator || key.owner !== vote.attributedTo) return null
  const text = String(vote['communer:result'])
  if (!createVerify('sha256').update(text, 'utf8').verify(key.publicKeyPem, signatureValue, 'base64')) return null
  const result = JSON.parse(text) as Json
  return result.vote === vote.id ? result : null
}
