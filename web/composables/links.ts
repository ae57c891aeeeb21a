// Plain links behave as links of this application: one listener for the whole page instead of one component per link.
// Long lists have hundreds of links; as components they cost more than everything else in a card.
import { onMounted, onUnmounted } from 'vue'
import { useRouter } from 'vue-router'

/** Follows links to our own pages without loading the page anew; everything else is the browser's. Called once, by the frame. */
export function useInnerLinks(): void {
  const router = useRouter()
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const anchor = (event.target as Element).closest?.('a')
    if (!anchor || anchor.origin !== location.origin || anchor.target !== '' || anchor.rel.includes('external')) return
    // The server itself answers a choice of language, feeds, and whatever is no page.
    if (new URLSearchParams(anchor.search).has('lang')) return
    const target = anchor.pathname + anchor.search + anchor.hash
    if (router.resolve(target).name === 'not-found') return
    event.preventDefault()
    void router.push(target)
  }
  onMounted(() => document.addEventListener('click', follow))
  onUnmounted(() => document.removeEventListener('click', follow))
}
