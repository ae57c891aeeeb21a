// Finds whoever stands behind a handle: known here, or asked for on their own server when a signed-in reader wants to see them.
import { ApiError } from '../api.ts'
import type { Account, SearchResults } from '../entities.ts'
import type { PageContext } from '../page-context.ts'

/** Throws ApiError 404 when nobody answers to the handle. */
export async function findAccount({ api, signedIn }: PageContext, handle: string): Promise<Account> {
  try {
    return await api.get<Account>('/api/v1/accounts/lookup', { acct: handle })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404 || !signedIn || !handle.includes('@')) throw error
    const found = await api.get<SearchResults>('/api/v2/search', { q: `@${handle}`, type: 'accounts', resolve: true, limit: 1 })
    if (!found.accounts[0]) throw error
    return found.accounts[0]
  }
}
