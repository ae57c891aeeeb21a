// What we use of activitypub-express, which ships no types. Functions are bound to the instance they are on.
declare module 'activitypub-express' {
  import type { WireDocument } from '../vocab/context.ts'
  import type { WorkingDocument } from '../vocab/working-form.ts'

  export interface ApexEngine {
    baseUrl: string
    domain: string
    context: unknown[]
    itemsPerPage: number
    consts: { publicAddress: string; ASContext: string[] }
    store: object
    utils: Record<string, (...args: never[]) => unknown>
    settings: Record<string, unknown>
    addMeta(document: object, key: string, value: unknown): void
    buildActivity(type: string, actorIri: string, to: string[], etc: WireDocument): Promise<WorkingDocument>
    buildCollection(id: string, isOrdered: boolean, totalItems: number): Promise<WorkingDocument>
    buildCollectionPage(id: string, page: string, isOrdered: boolean, lastItemId: string | null): Promise<WorkingDocument>
    addToOutbox(actor: WorkingDocument, activity: WorkingDocument): Promise<unknown>
    publishActivity(actor: WorkingDocument, activity: WorkingDocument, audience?: string[]): Promise<unknown>
    audienceFromActivity(activity: WorkingDocument): string[]
    [name: string]: unknown
  }

  export default function ActivitypubExpress(settings: Record<string, unknown>): ApexEngine
}
