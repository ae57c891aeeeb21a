// Leaving: the server ends the session, the page starts afresh so that nothing private stays in memory.
import { useApi } from '../page-context.ts'
import { forgetDrafts } from './draft.ts'
import { useErrorText } from './errors.ts'
import { useToasts } from './toasts.ts'

export function useLogOut(): () => Promise<void> {
  const api = useApi()
  const toasts = useToasts()
  const errorText = useErrorText()
  return async () => {
    try {
      await api.send('POST', '/api/communer/v1/logout')
      forgetDrafts()
      location.assign('/')
    } catch (error) {
      toasts.show(errorText(error))
    }
  }
}
