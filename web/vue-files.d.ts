// Lets plain tsc read imports of single-file components; vue-tsc sees their real types.
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<Record<string, unknown>, Record<string, unknown>, unknown>
  export default component
}
declare module '*.css'
interface ImportMetaEnv {
  readonly SSR: boolean
}
interface ImportMeta {
  readonly env: ImportMetaEnv
}
