// One post with everything a post may carry, from each commune to the other (a part of two-instances.test.ts).
import type { Test } from 'tap'
import { FormData } from 'undici'
import type { Communer } from '../harness/communer.ts'
import type { Json } from '../harness/client.ts'
import { waitUntil } from '../harness/wait.ts'
import type { Network } from '../network/network.ts'

/** A one-pixel PNG. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const ALTS = ['Le puits vu d’en haut', 'Le même, « après » la pluie & à 2 < 3 mètres', '']

interface Side {
  instance: Communer
  name: string
}

/** `from` writes to somebody of `to`, who reads the same. */
export async function sendDressed(t: Test, network: Network, from: Side, to: Side): Promise<void> {
  const [writer, reader] = [from.instance.clients[from.name]!, to.instance.clients[to.name]!]
  const upload = async (description: string): Promise<string> => {
    const form = new FormData()
    form.append('file', new Blob([PIXEL], { type: 'image/png' }), 'pixel.png')
    form.append('description', description)
    const headers = { authorization: `Bearer ${writer.token}` }
    const answer = await network.fetch(`${from.instance.origin}/api/v2/media`, { method: 'POST', headers, body: form })
    return ((await answer.json()) as Json).id
  }
  const written: Json = await writer.post('/api/v1/statuses', {
    status: `@${to.name}@${to.instance.host} look at the #puits of the #Été_2026`,
    spoiler_text: 'Travaux en cours',
    sensitive: true,
    language: 'en',
    media_ids: [await upload(ALTS[0]!), await upload(ALTS[1]!), await upload(ALTS[2]!)]
  })
  const told: Json = await waitUntil(
    'the mention',
    async () => (await reader.get('/api/v1/notifications')).find((one: Json) => one.type === 'mention' && one.status.uri === written.uri),
    60_000
  )
  const { status } = told
  t.match(status, { spoiler_text: 'Travaux en cours', sensitive: true, language: 'en', visibility: 'public' })
  t.same(
    status.media_attachments.map((one: Json) => [one.type, one.description ?? '']),
    ALTS.map((alt) => ['image', alt])
  )
  t.same(status.tags.map((one: Json) => one.name.toLowerCase()).sort(), ['puits', 'été_2026'])
  t.match(status.mentions, [{ acct: to.name }], 'whom it names is somebody of here')
  t.ok(
    (await reader.get('/api/v1/timelines/tag/PUITS')).some((one: Json) => one.uri === written.uri),
    'found under its hashtag'
  )
  const picture = await network.fetch(new URL(status.media_attachments[0].url, to.instance.origin).href)
  t.equal(picture.headers.get('content-type')?.startsWith('image/'), true, 'its pictures are shown')
  const { html } = await to.instance.anonymous.page(`/@${from.name}@${from.instance.host}/${status.id}`)
  t.match(html, /Travaux en cours/)
  t.match(html, /lang="en"/)
}
