// Asks can() before a route's handler runs.
import type { FastifyRequest } from 'fastify'
import { assertCan, type Action } from '../../core/permission.ts'
import { whoIs } from '../plugins/auth.ts'

/** A preHandler that lets in only people who may do this. */
export function allow(action: Action) {
  return async (request: FastifyRequest): Promise<void> => assertCan(whoIs(request), action)
}
