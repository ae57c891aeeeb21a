// The five main places, the same at the side and at the foot of the screen.
import { computed, type ComputedRef } from 'vue'
import type { IconName } from '../components/ui/icons.ts'
import { usePage } from '../page-context.ts'
import { useUnread } from './unread.ts'

export interface NavItem {
  to: string
  text: string
  icon: IconName
  count: number
  isPublish: boolean
}

export function useNavigation(): { side: ComputedRef<NavItem[]>; bottom: ComputedRef<NavItem[]> } {
  const { t, signedIn } = usePage()
  const unread = useUnread()
  const item = (to: string, key: string, icon: IconName, count = 0): NavItem => ({
    to,
    text: t(key),
    icon,
    count,
    isPublish: to === '/publier'
  })
  const notifications = (): NavItem => item('/notifications', 'nav.notifications', 'bell', unread.value)
  return {
    side: computed(() => [
      item('/', 'nav.wall', 'wall'),
      item('/agenda', 'nav.agenda', 'calendar'),
      item('/idees', 'nav.takePart', 'sun'),
      item('/carte', 'nav.map', 'place'),
      item('/annuaire', 'nav.groups', 'people'),
      item('/recherche', 'nav.search', 'search'),
      ...(signedIn ? [notifications()] : [])
    ]),
    bottom: computed(() =>
      signedIn
        ? [
            item('/', 'nav.wall', 'wall'),
            item('/agenda', 'nav.agenda', 'calendar'),
            item('/publier', 'nav.publish', 'plus'),
            item('/annuaire', 'nav.groups', 'people'),
            notifications()
          ]
        : [
            item('/', 'nav.wall', 'wall'),
            item('/agenda', 'nav.agenda', 'calendar'),
            item('/idees', 'nav.takePart', 'sun'),
            item('/annuaire', 'nav.groups', 'people'),
            item('/carte', 'nav.map', 'place')
          ]
    )
  }
}
