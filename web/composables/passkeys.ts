// The browser's passkeys: asks them, gives what the API takes. The library is fetched when somebody wants to use one.
import { onMounted, ref, type Ref } from 'vue'
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser'

/** Whether this browser has passkeys; false until the page is mounted, so that both sides render alike. */
export function usePasskeys(): Ref<boolean> {
  const has = ref(false)
  onMounted(() => (has.value = window.PublicKeyCredential !== undefined))
  return has
}

/** Asks for any passkey of this site. Null when the reader gave up. */
export async function askPasskey(options: object): Promise<object | null> {
  const { startAuthentication } = await import('@simplewebauthn/browser')
  return await unlessGivenUp(startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON }))
}

/** Makes a passkey. Null when the reader gave up. */
export async function makePasskey(options: object): Promise<object | null> {
  const { startRegistration } = await import('@simplewebauthn/browser')
  return await unlessGivenUp(startRegistration({ optionsJSON: options as PublicKeyCredentialCreationOptionsJSON }))
}

/** Browsers say NotAllowedError for "cancelled", "timed out" and "no key here" alike. */
async function unlessGivenUp(asking: Promise<object>): Promise<object | null> {
  try {
    return await asking
  } catch (error) {
    if (['NotAllowedError', 'AbortError'].includes((error as Error).name)) return null
    throw error
  }
}
