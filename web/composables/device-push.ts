// Notifications of this device: whether it has them, on and off. In the browser only.
import { ref, type Ref } from 'vue'
import type { Api } from '../api.ts'

export type DevicePush = 'unknown' | 'unsupported' | 'refused' | 'off' | 'on'

const PATH = '/api/v1/push/subscription'

interface Switch {
  state: Ref<DevicePush>
  look(): Promise<void>
  turnOn(): Promise<void>
  turnOff(): Promise<void>
}

/** The types are chosen for all devices in the settings: this one takes whatever they let through. */
export function useDevicePush(api: Api): Switch {
  const state = ref<DevicePush>('unknown')
  const look = async (): Promise<void> => {
    if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) state.value = 'unsupported'
    else if (Notification.permission === 'denied') state.value = 'refused'
    else {
      const registration = await navigator.serviceWorker.getRegistration()
      state.value = (await registration?.pushManager.getSubscription()) ? 'on' : 'off'
    }
  }
  return {
    state,
    look,
    async turnOn() {
      if ((await Notification.requestPermission()) !== 'granted') return look()
      const registration = await navigator.serviceWorker.ready
      const { configuration } = await api.get<{ configuration: { vapid: { public_key: string } } }>('/api/v2/instance')
      const subscription = await registration.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytesOf(configuration.vapid.public_key)
      })
      try {
        const { alerts } = await api.send<{ alerts: Record<string, boolean> }>('POST', PATH, {
          subscription: { ...subscription.toJSON(), standard: true },
          data: { policy: 'all' }
        })
        await api.send('PUT', PATH, {
          data: { policy: 'all', alerts: Object.fromEntries(Object.keys(alerts).map((type) => [type, true])) }
        })
      } catch (error) {
        await subscription.unsubscribe()
        throw error
      } finally {
        await look()
      }
    },
    async turnOff() {
      const registration = await navigator.serviceWorker.getRegistration()
      // The server first: what it refuses leaves the device as it is.
      await api.send('DELETE', PATH)
      await (await registration?.pushManager.getSubscription())?.unsubscribe()
      await look()
    }
  }
}

/** base64url as bytes. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (character) => character.codePointAt(0)!)
}
