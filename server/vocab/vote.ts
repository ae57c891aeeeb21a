// A vote on the wire (federation.md §4.5): a Question where the method is one that polls know, else a Page that leads to the ballot. What
// others read of its rules stands in terms of our own; ballots never stand anywhere. Pure.
import type { WireDocument } from './context.ts'
import { wireDate } from './values.ts'

/** The rules that are told. */
export interface VoteSource {
  method: string
  secret: boolean
  closesAt: Date
  /** IRI of the idea or proposal. */
  aboutIri: string | null
  /** All rules as JSON, for other communes to hold the same vote; null: nobody else's vote. */
  rules: string | null
  /** IRI of the vote of another commune that this one carries. */
  carriesIri: string | null
}

/** What a vote has beside the fields of its type. It is always advisory. */
export function voteFields({ method, secret, closesAt, aboutIri, rules, carriesIri }: VoteSource): WireDocument {
  return {
    'communer:binding': false,
    'communer:voteMethod': method,
    'communer:secretBallot': secret,
    endTime: wireDate(closesAt),
    ...(aboutIri === null ? {} : { 'communer:about': aboutIri }),
    ...(rules === null ? {} : { 'communer:voteRules': rules }),
    ...(carriesIri === null ? {} : { 'communer:carries': carriesIri })
  }
}

/** The result, in the Update that closes a vote: the signed text as it was signed, so that anyone can verify it. */
export function resultFields(proof: { document: string; keyId: string; algorithm: string; signature: string } | null): WireDocument {
  if (proof === null) return {}
  const { document, keyId, algorithm, signature } = proof
  return {
    'communer:result': document,
    'communer:resultSignature': { type: 'communer:Signature', creator: keyId, signatureAlgorithm: algorithm, signatureValue: signature }
  }
}
