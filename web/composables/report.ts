// Where one reports a person or a message.
import type { RouteLocationRaw } from 'vue-router'

/** The page that reports the account, or one message of it. */
export function reportPath(what: { accountId: string } | { statusId: string }): string {
  return 'statusId' in what ? `/signaler?message=${what.statusId}` : `/signaler?compte=${what.accountId}`
}

export const CATEGORIES = ['violation', 'spam', 'legal', 'other'] as const

/** The page where moderators decide about the server behind a handle, or null for one of ours. */
export function policyOf(acct: string): RouteLocationRaw | null {
  const host = acct.split('@')[1]
  return host === undefined ? null : { path: '/admin/serveurs', query: { serveur: host } }
}
