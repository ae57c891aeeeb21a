// The outer door of the inboxes (choke point 1): bytes, sizes and shapes. Knows nothing of signatures or meaning.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'

export interface ReceivedActivity {
  raw: Buffer
  json: unknown
}

export async function edge(_app: FastifyInstance, _options: { ctx: Ctx }): Promise<void> {}

export function readActivity(request: FastifyRequest): ReceivedActivity {
  return request.body as ReceivedActivity
}

export function spendHostBudget(_ctx: Ctx, _host: string): void {}
