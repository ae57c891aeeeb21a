// One's own account as Mastodon's apps and our settings page edit it.
import type { Ctx } from '../../context.ts'
import type { AccountRow, ActorRow } from '../../db/rows.ts'
import { profileNumbers } from '../../features/accounts/profile.ts'
import { toCredentialAccount } from './serialise/account.ts'
import type { CredentialAccount } from './serialise/entities.ts'

/** CredentialAccount entity, with the note as typed and the preferences of the account. */
export async function credentialAccount(ctx: Ctx, account: AccountRow, actor: ActorRow): Promise<CredentialAccount> {
  const { requests, ...counts } = await profileNumbers(ctx, actor.id)
  const entity = toCredentialAccount(ctx, { actor, counts, account, followRequests: requests })
  const { note, privacy, sensitive, language, quotePolicy } = account.preferences
  return {
    ...entity,
    source: {
      ...entity.source,
      note: note ?? entity.source.note,
      privacy: privacy ?? 'public',
      sensitive: sensitive ?? false,
      quote_policy: quotePolicy ?? 'public',
      language: language === undefined ? account.locale : language
    }
  }
}
