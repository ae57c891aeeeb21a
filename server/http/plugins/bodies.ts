// Bodies of the client APIs: urlencoded and multipart forms. ActivityPub bodies are edge.ts's and never pass here.
import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../core/errors.ts'
import { nestEntries, parseNested, type Nested } from './nested-params.ts'

/** Largest file of a form: what an image may weigh (issue: 8 MB). */
export const MAX_FILE_BYTES = 8 * 1024 * 1024

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its forms may carry pictures. */
    takesFiles?: boolean
  }
}

export interface UploadedFile {
  body: Buffer
  filename: string
}

export interface Form {
  fields: Nested
  files: Record<string, UploadedFile>
}

/** Parses urlencoded forms like Rails, takes an empty JSON body for none, and makes multipart available to readForm(). */
export async function bodiesPlugin(app: FastifyInstance): Promise<void> {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  // Some apps announce JSON with every POST, also where there is nothing to say.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, body as string, done)
  })
  await app.register(formbody, { parser: parseNested, bodyLimit: 1024 * 1024 })
  await app.register(multipart, {
    limits: { fileSize: MAX_FILE_BYTES, files: 4, fields: 100, fieldSize: 100_000, fieldNameSize: 200, parts: 104 }
  })
}
Object.assign(bodiesPlugin, { [Symbol.for('skip-override')]: true })

/** Fields and files of a form of any encoding (JSON and urlencoded forms have no files). Throws media.too-large (413). */
export async function readForm(request: FastifyRequest): Promise<Form> {
  if (!request.isMultipart()) return { fields: (request.body ?? {}) as Nested, files: {} }
  const entries: [string, string][] = []
  const files: Record<string, UploadedFile> = {}
  for await (const part of request.parts()) {
    if (part.type === 'field') entries.push([part.fieldname, String(part.value)])
    else files[part.fieldname] = { body: await readPart(part.toBuffer()), filename: part.filename }
  }
  return { fields: nestEntries(entries), files }
}

async function readPart(body: Promise<Buffer>): Promise<Buffer> {
  try {
    return await body
  } catch (cause) {
    if ((cause as { code?: string }).code === 'FST_REQ_FILE_TOO_LARGE')
      throw new AppError('media.too-large', 413, 'An image weighs at most 8 MB.', { cause })
    throw cause
  }
}
