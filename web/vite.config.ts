// Two builds: the browser's files into dist/web, and the renderer the server calls into dist/ssr (vite build --ssr).
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { compressAssets } from './compress-plugin.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig(({ isSsrBuild }) => ({
  root: here('.'),
  publicDir: isSsrBuild ? false : here('./public'),
  plugins: [vue(), ...(isSsrBuild ? [] : [compressAssets()])],
  // The renderer is one self-contained production file: without this Vue would run its slow development paths in Node.
  define: {
    'process.env.NODE_ENV': JSON.stringify('production'),
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false'
  },
  // The bundler's own builds of Vue, without its template compiler: half the size of what Node would be given, and faster.
  ssr: { noExternal: true as const, resolve: { conditions: ['module', 'import', 'production', 'default'] } },
  build: {
    outDir: isSsrBuild ? here('../dist/ssr') : here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // One style sheet for every page: server-rendered pages never flash unstyled.
    cssCodeSplit: false,
    manifest: !isSsrBuild,
    ...(isSsrBuild ? { ssr: here('./entry-server.ts'), rollupOptions: { output: { entryFileNames: 'entry-server.js' } } } : {})
  }
}))
