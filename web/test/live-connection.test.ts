// The live connection of a page where a proxy lets no WebSocket through, and where nothing gets through. The browser’s own parts are stood in for.
import { mock } from 'node:test'
import t from 'tap'
import { createLiveConnection } from '../live-connection.ts'

class Refused extends EventTarget {
  static OPEN = 1
  readyState = 3
  constructor() {
    super()
    queueMicrotask(() => this.dispatchEvent(new Event('close')))
  }
  close(): void {}
}

class Events extends EventTarget {
  static OPEN = 1
  static CLOSED = 2
  static opened: Events[] = []
  readyState = 0
  readonly url: string
  constructor(url: string) {
    super()
    this.url = url
    Events.opened.push(this)
  }
  close(): void {
    this.readyState = Events.CLOSED
  }
}

/** Lets time go by in small steps: each closes a socket, which sets the next timer. */
async function wait(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 500) {
    mock.timers.tick(500)
    await Promise.resolve()
  }
}

t.test('without WebSockets a page hears server-sent events; without these it asks each minute', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  Object.assign(globalThis, {
    WebSocket: Refused,
    EventSource: Events,
    window: new EventTarget(),
    document: Object.assign(new EventTarget(), { visibilityState: 'visible' })
  })
  const live = createLiveConnection('ws://commune.test/api/v1/streaming')
  const heard: unknown[] = []
  let asked = 0
  const stop = live.add({ stream: { stream: 'hashtag', tag: 'fête' }, hear: (event) => heard.push(event), catchUp: () => (asked += 1) })
  await wait(10_000)
  const [source, ...more] = Events.opened
  t.same(more, [], 'one for one stream')
  t.equal(source!.url, 'http://commune.test/api/v1/streaming/hashtag?tag=f%C3%AAte')
  source!.readyState = Events.OPEN
  source!.dispatchEvent(new Event('open'))
  t.equal(asked, 1, 'what came meanwhile is asked for')
  source!.dispatchEvent(new MessageEvent('update', { data: '{"id":"1"}' }))
  source!.dispatchEvent(new MessageEvent('delete', { data: '7' }))
  t.same(heard, [
    { event: 'update', payload: { id: '1' } },
    { event: 'delete', payload: '7' }
  ])
  await wait(120_000)
  t.equal(asked, 1, 'who hears does not ask')
  source!.readyState = Events.CLOSED
  source!.dispatchEvent(new Event('error'))
  await wait(180_000)
  t.ok(asked >= 3 && asked <= 4, `asked each minute: ${asked}`)
  t.ok(Events.opened.length >= 2, 'and events are tried again')
  stop()
  await wait(10_000)
  t.ok(
    Events.opened.every(({ readyState }) => readyState === Events.CLOSED),
    'nothing stays open'
  )
})
