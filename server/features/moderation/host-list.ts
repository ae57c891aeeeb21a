// Lists of servers as Mastodon exports and imports them: CSV with the columns below. Text in, rows out, and back; nothing is stored here.
import type { Ctx } from '../../context.ts'
import { readCsv } from '../../core/csv.ts'
import { namedHost } from '../../core/iri.ts'
import type { HostAction } from '../../db/hosts.ts'
import type { DomainPolicyRow } from '../../db/rows.ts'
import { allHostPolicies, ownNames, type HostPolicyInput } from './hosts.ts'

const COLUMNS = ['#domain', '#severity', '#reject_media', '#reject_reports', '#public_comment', '#obfuscate'] as const

/** Mastodon's own ceiling for an import, and ours for the text. */
const MAX_ROWS = 5_000

export interface HostListProblem {
  line: number
  text: string
  reason: 'host' | 'own' | 'severity' | 'obfuscated' | 'too-many' | 'twice'
}

export interface HostListPreview {
  /** Policies this list would write that are new or different. */
  policies: (HostPolicyInput & { now: HostAction | null })[]
  /** Lines that say what is so already. */
  unchanged: number
  problems: HostListProblem[]
}

/** All policies as Mastodon's CSV. `allow` has no word there: such servers are left out. */
export async function exportHostList(ctx: Ctx): Promise<string> {
  const rows = (await allHostPolicies(ctx)).filter((row) => row.action !== 'allow')
  return [COLUMNS.join(','), ...rows.map(toLine)].join('\n') + '\n'
}

/** What an imported list would change, and which lines cannot be read. */
export async function previewHostList(ctx: Ctx, text: string): Promise<HostListPreview> {
  const known = new Map((await allHostPolicies(ctx)).map((row) => [row.host, row]))
  const { inputs, problems } = readHostList(text, ownNames(ctx))
  const policies = inputs
    .map((input) => completed(input, known.get(input.host)))
    .filter((input) => !isSame(input, known.get(input.host)))
    .map((input) => ({ ...input, now: known.get(input.host)?.action ?? null }))
  return { policies, unchanged: inputs.length - policies.length, problems }
}

/** Reads the list. A plain list of names, one a line, blocks them all (as Mastodon's import of `domain_blocks.csv` does). */
export function readHostList(text: string, ownHosts: string[]): { inputs: HostPolicyInput[]; problems: HostListProblem[] } {
  const records = readCsv(text)
  const first = records[0]?.cells.map((cell) => cell.trim().toLowerCase().replace(/^#/, '')) ?? []
  const hasHeader = first[0] === 'domain'
  const column = (name: string): number => (hasHeader ? first.indexOf(name) : COLUMNS.indexOf(`#${name}` as (typeof COLUMNS)[number]))
  const inputs = new Map<string, HostPolicyInput>()
  const problems: HostListProblem[] = []
  for (const { line, cells } of records.slice(hasHeader ? 1 : 0)) {
    const says = (name: string): boolean => cells[column(name)] !== undefined
    const cell = (name: string): string => cells[column(name)]?.trim() ?? ''
    const name = cell('domain')
    if (name === '' || (cells.length === 1 && name.startsWith('#'))) continue
    const refuse = (reason: HostListProblem['reason']): void => void problems.push({ line, text: name.slice(0, 200), reason })
    const host = namedHost(name)
    const action = actionOf(cell('severity'), isTrue(cell('reject_media')))
    if (name.replace(/^\*\./, '').includes('*')) refuse('obfuscated')
    else if (host === null) refuse('host')
    else if (ownHosts.some((own) => own === host || own.endsWith(`.${host}`))) refuse('own')
    else if (action === null) refuse('severity')
    else if (inputs.has(host)) refuse('twice')
    else if (inputs.size >= MAX_ROWS) refuse('too-many')
    else
      inputs.set(host, {
        host,
        action,
        ...(says('reject_reports') ? { rejectReports: isTrue(cell('reject_reports')) } : {}),
        ...(cell('public_comment') === '' ? {} : { publicComment: cell('public_comment') }),
        ...(says('obfuscate') ? { obfuscate: isTrue(cell('obfuscate')) } : {})
      })
  }
  return { inputs: [...inputs.values()], problems: problems.slice(0, 200) }
}

/** The host with its middle hidden, as Mastodon shows obfuscated ones in public. */
export function obfuscated(host: string): string {
  const length = host.replaceAll('.', '').length
  const visible = Math.max(1, Math.floor(length / 4))
  const [head, tail] = [visible, host.length - visible]
  return [...host].map((sign, at) => (sign === '.' || at < head || at >= tail ? sign : '*')).join('')
}

/** suspend → block, silence → limit, noop → only what the other columns say. */
function actionOf(severity: string, rejectMedia: boolean): HostAction | null {
  if (severity === '' || severity === 'suspend') return 'block'
  if (severity === 'silence') return 'limit'
  if (severity === 'noop') return rejectMedia ? 'reject_media' : 'allow'
  return null
}

const SEVERITIES: Record<HostAction, string> = { block: 'suspend', limit: 'silence', reject_media: 'noop', allow: 'noop' }

function toLine(row: DomainPolicyRow): string {
  const cells = [
    row.host,
    SEVERITIES[row.action],
    String(row.action === 'reject_media'),
    String(row.reject_reports),
    row.public_comment,
    String(row.obfuscate)
  ]
  return cells.map(quote).join(',')
}

/** RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe. */
function quote(cell: string): string {
  const safe = /^[=+@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function isTrue(cell: string): boolean {
  return ['true', 't', '1', 'yes'].includes(cell.toLowerCase())
}

/** What a list leaves unsaid stays as it was decided here: reasons, which no list has, and what a plain list of names cannot say. */
function completed(input: HostPolicyInput, row: DomainPolicyRow | undefined): HostPolicyInput {
  const { reason = '', public_comment: publicComment = '', reject_reports: rejectReports = false, obfuscate = false } = row ?? {}
  return { reason, publicComment, rejectReports, obfuscate, ...input }
}

function isSame(input: HostPolicyInput, row: DomainPolicyRow | undefined): boolean {
  return (
    row !== undefined &&
    row.action === input.action &&
    row.reject_reports === input.rejectReports &&
    row.public_comment === input.publicComment &&
    row.obfuscate === input.obfuscate
  )
}
