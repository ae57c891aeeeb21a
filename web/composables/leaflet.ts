// Leaflet, loaded when a map is on the page and never before: its script, its style, and the look all our maps share.
import type * as Leaflet from 'leaflet'
import styleUrl from 'leaflet/dist/leaflet.css?url'
import type { Box, MapFeature, Position } from '../entities-directory.ts'
import type { SiteSummary } from '../entities.ts'

export type L = typeof Leaflet
export type Contour = { type: 'Polygon' | 'MultiPolygon'; coordinates: unknown[] }

/** About six kilometres around: a commune. */
const AROUND = 0.05

let styled = false

/** In the browser only; the server renders no map. */
export async function loadLeaflet(): Promise<L> {
  if (import.meta.env.SSR) throw new Error('There is no map on the server')
  if (!styled) {
    styled = true
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: styleUrl })
    const ready = new Promise((resolve) => ['load', 'error'].forEach((name) => link.addEventListener(name, resolve, { once: true })))
    document.head.append(link)
    await ready
  }
  const module = await import('leaflet')
  return ((module as { default?: L }).default ?? module) as L
}

/** The map with what the commune chose to lie under it: tiles through this server, else its contour on a plain ground. */
export function makeMap(leaflet: L, element: HTMLElement, site: SiteSummary, lang: string): Leaflet.Map {
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches
  const map = leaflet.map(element, {
    zoomControl: false,
    zoomAnimation: !calm,
    fadeAnimation: !calm,
    markerZoomAnimation: !calm,
    maxZoom: 19
  })
  const [zoomIn, zoomOut] = lang === 'fr' ? ['Zoomer', 'Dézoomer'] : ['Zoom in', 'Zoom out']
  leaflet.control.zoom({ zoomInTitle: zoomIn!, zoomOutTitle: zoomOut! }).addTo(map)
  leaflet.control.scale({ imperial: false }).addTo(map)
  map.attributionControl.setPrefix(false)
  if (site.map.hasTiles) leaflet.tileLayer('/tuiles/{z}/{x}/{y}', { attribution: escapeText(site.map.attribution), maxZoom: 19 }).addTo(map)
  return map
}

export function drawContour(leaflet: L, map: Leaflet.Map, contour: Contour | null): void {
  if (contour === null) return
  const geometry = contour as unknown as Parameters<L['geoJSON']>[0]
  leaflet.geoJSON(geometry, { interactive: false, style: { className: 'town-map__contour' } }).addTo(map)
}

/** The commune: its contour's bounds, else some kilometres around its centre. */
export function boxOfCommune(site: SiteSummary): Box {
  if (site.map.box !== null) return site.map.box
  const wide = AROUND / Math.max(Math.cos((site.latitude * Math.PI) / 180), 0.05)
  return [site.longitude - wide, site.latitude - AROUND, site.longitude + wide, site.latitude + AROUND]
}

/** Of at least two different places, with some room around; null otherwise. */
export function boxAround(features: MapFeature[]): Box | null {
  const lons = features.map((feature) => feature.geometry.coordinates[0])
  const lats = features.map((feature) => feature.geometry.coordinates[1])
  const [west, south, east, north] = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
  if (features.length < 2 || (west === east && south === north)) return null
  const room = Math.max(east - west, north - south) / 10
  return [west - room, south - room, east + room, north + room]
}

/** A pin of ours: a small round with the first letter of its kind, told whole by its title. */
export function pin(leaflet: L, kind: string): Leaflet.DivIcon {
  return leaflet.divIcon({ className: `town-pin town-pin--${kind.replace(/[^a-z]/g, '')}`, iconSize: [30, 30], iconAnchor: [15, 15] })
}

export function at({ latitude, longitude }: Position): [number, number] {
  return [latitude, longitude]
}

/** Leaflet writes the attribution as HTML. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
