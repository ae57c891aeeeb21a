// Lets plain tsc read imports of single-file components; vue-tsc sees their real types.
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<Record<string, unknown>, Record<string, unknown>, unknown>
  export default component
}
declare module '*.css'
declare module '*.css?url' {
  const address: string
  export default address
}
interface ImportMetaEnv {
  readonly SSR: boolean
}
interface ImportMeta {
  readonly env: ImportMetaEnv
  /** Vite's: the modules a pattern names, each behind a function that loads it, or loaded (`eager`). */
  glob<T>(pattern: string, options: { import: string; eager: true }): Record<string, T>
  glob<T>(pattern: string, options: { import: string }): Record<string, () => Promise<T>>
}
