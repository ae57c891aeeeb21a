// A stream of signed activities from honest people, who keep what was not acknowledged and send it again, as servers do. Each 2xx is
// written down: that is what must not be lost.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Json } from '../harness/client.ts'
import { CONTEXT, PUBLIC, type MockActor } from '../peers/mock/host.ts'

export interface Flood {
  /** IRIs of notes that were answered 2xx. */
  notes: Set<string>
  /** Authors whose like was answered 2xx. */
  likes: Set<string>
  answers: Map<string, number>
  /** Stops making new ones, and returns once all that were made are acknowledged. */
  finish(): Promise<void>
}

/** Starts `perSecond` notes a second into `inbox`, and now and then a like of `likedIri`. */
export function startFlood(people: MockActor[], inbox: string, groupIri: string, likedIri: string, perSecond: number): Flood {
  const flood: Flood = { notes: new Set(), likes: new Set(), answers: new Map(), finish }
  const open = new Set<Promise<void>>()
  let stopped = false
  let serial = 0

  async function deliver(author: MockActor, activity: Json, done: () => void): Promise<void> {
    for (;;) {
      const status = await author.post(inbox, activity).then(
        (answer) => {
          void answer.body?.cancel()
          return answer.status
        },
        () => 0
      )
      flood.answers.set(String(status), (flood.answers.get(String(status)) ?? 0) + 1)
      if (status >= 200 && status < 300) return done()
      await pause(400)
    }
  }
  function next(): Promise<void> {
    serial += 1
    const author = people[serial % people.length]!
    if (serial % 10 === 0) {
      return deliver(author, { '@context': CONTEXT, id: `${author.iri}#like`, type: 'Like', actor: author.iri, object: likedIri }, () =>
        flood.likes.add(author.iri)
      )
    }
    const id = `${author.iri}/notes/${serial}-${randomUUID()}`
    const note = {
      id,
      type: 'Note',
      attributedTo: author.iri,
      to: [PUBLIC],
      cc: [groupIri],
      published: new Date().toISOString(),
      content: `<p>Message ${serial}</p>`
    }
    return deliver(
      author,
      { '@context': CONTEXT, id: `${id}/activity`, type: 'Create', actor: author.iri, to: [PUBLIC], cc: [groupIri], object: note },
      () => flood.notes.add(id)
    )
  }
  const timer = setInterval(() => {
    if (stopped || open.size > 400) return
    const one = next().finally(() => open.delete(one))
    open.add(one)
  }, 1000 / perSecond)

  async function finish(): Promise<void> {
    stopped = true
    clearInterval(timer)
    await Promise.all(open)
  }
  return flood
}
