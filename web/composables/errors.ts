// Turns what went wrong into a sentence for the reader.
import { useT } from '../page-context.ts'

interface Failure {
  status: number
  code: string
  message: string
  fields: Record<string, string>
}

/** The failure behind an error, also after its trip inside a rendered page (where it is plain data). */
export function failureOf(error: unknown): Failure {
  const shape = (typeof error === 'object' && error !== null ? error : {}) as Partial<Failure>
  return {
    status: shape.status ?? -1,
    code: shape.code ?? 'unknown',
    message: typeof shape.status === 'number' ? (shape.message ?? '') : '',
    fields: shape.fields ?? {}
  }
}

export function useErrorText(): (error: unknown) => string {
  const t = useT()
  return (error) => {
    const { status, message } = failureOf(error)
    if (message !== '') return message
    if (status === 0) return t('error.network')
    if (status === 404) return t('error.notFound')
    if (status === 410) return t('error.gone')
    if (status === 401) return t('error.signIn')
    if (status === 429) return t('error.tooMany')
    return t('error.unknown')
  }
}
