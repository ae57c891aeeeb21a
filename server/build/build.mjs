// Builds what `npm start` runs: the server into dist/server (esbuild), the web app into dist/web and dist/ssr (vite).
// Plain JavaScript: it must run before anything is built.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const stamp = join(root, 'dist', '.built')
const SOURCES = ['server', 'web', 'package.json', 'package-lock.json']

/** Modification time of the newest source, in milliseconds; tests do not count. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || path.endsWith('.test.ts') || /[\\/]server[\\/]test$/.test(path)) return 0
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** True when dist/ is there and no source is newer. */
export function isBuilt() {
  const built = statSync(stamp, { throwIfNoEntry: false })
  return built !== undefined && built.mtimeMs >= Math.max(...SOURCES.map((name) => newest(join(root, name))))
}

/** Bundles our own server code; packages stay in node_modules. */
export async function buildServer() {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: { main: 'server/main.ts', cli: 'server/cli.ts' },
    outdir: 'dist/server',
    bundle: true,
    packages: 'external',
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    logLevel: 'warning'
  })
}

async function buildWeb() {
  const configFile = join(root, 'web', 'vite.config.ts')
  if (!existsSync(configFile)) return
  const { build } = await import('vite')
  const common = { root: join(root, 'web'), configFile, logLevel: 'error', mode: 'production' }
  await build({ ...common, build: { outDir: join(root, 'dist', 'web'), emptyOutDir: true } })
  await build({ ...common, build: { outDir: join(root, 'dist', 'ssr'), emptyOutDir: true, ssr: join(root, 'web', 'entry-server.ts') } })
}

/** The service worker: one file beside the pages, without imports, so that any browser that has them starts it. */
export async function buildServiceWorker() {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: { sw: 'web/service-worker.ts' },
    outdir: 'dist/web',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning'
  })
}

/** The part of a maskable icon that no shape cuts off is a circle of 80 %. */
const SAFE = 0.62

/** The icons of the installed app, from the drawing of the site. */
async function buildIcons() {
  const { default: sharp } = await import('sharp')
  const drawing = join(root, 'web', 'public', 'favicon.svg')
  const draw = (size) =>
    sharp(drawing, { density: (72 * size) / 32 })
      .resize(size, size)
      .png()
  for (const size of [192, 512]) {
    await draw(size).toFile(join(root, 'dist', 'web', `icon-${size}.png`))
    const ground = sharp({ create: { width: size, height: size, channels: 4, background: '#17595a' } })
    const inner = await draw(Math.round(size * SAFE)).toBuffer()
    await ground
      .composite([{ input: inner, gravity: 'centre' }])
      .png()
      .toFile(join(root, 'dist', 'web', `icon-maskable-${size}.png`))
  }
}

/** Builds everything. The stamp carries the time of the beginning: a source changed meanwhile is newer. */
export async function buildAll() {
  const begun = new Date()
  // Vite's plugins warn and behave otherwise without it; a build is always for production.
  process.env.NODE_ENV = 'production'
  mkdirSync(join(root, 'dist'), { recursive: true })
  rmSync(stamp, { force: true })
  await Promise.all([buildServer(), buildWeb()])
  // After vite, which empties the folder.
  await Promise.all([buildServiceWorker(), buildIcons()])
  writeFileSync(stamp, '')
  utimesSync(stamp, begun, begun)
}

/** Builds in a process of its own, whose memory goes with it, when dist/ is missing or old. Ends this process when that fails. */
export function buildIfNeeded() {
  if (isBuilt()) return
  console.error('Building Communer (the sources are newer than dist/)…')
  const { status } = spawnSync(process.execPath, [join(root, 'server', 'build', 'prepare.mjs')], {
    stdio: ['ignore', 'inherit', 'inherit']
  })
  if (status !== 0) process.exit(1)
}
