// For what fills a form: asked for when the form opens and never again, or a refresh would undo what the reader is typing.

export const ONCE = { staleTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false } as const
