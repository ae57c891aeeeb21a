// Which names are free for people and groups of this instance.
import type { Knex } from 'knex'

/** True when somebody here has this name (lower case), or a sign-up holds it. Plan: actors_local_username, sign_up_decoys_pkey. */
export async function isUsernameTaken(trx: Knex, username: string): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { taken: boolean }[] }>(
    `select exists (select from actors where local and lower(username) = :username)
         or exists (select from sign_up_decoys where username = :username) as taken`,
    { username }
  )
  return rows[0]!.taken
}
