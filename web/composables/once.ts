// For what fills a form: asked for when the form opens and not again while it is open, or a refresh would undo what the reader is typing.

/** Fresh enough on arrival with the rendered page; asked anew when the form is opened later. */
const FRESH_MS = 10_000

export const ONCE = { staleTime: FRESH_MS, refetchOnWindowFocus: false, refetchOnReconnect: false } as const
