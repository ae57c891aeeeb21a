// The pages the law asks a commune for (LCEN, RGPD, RGAA, DSA): written from the commune's facts, or in its own words.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { headedText } from '../../core/plain-text.ts'
import { loadSite, requireSite, saveSite } from '../../db/site.ts'
import { text, type Locale } from '../../locales/texts.ts'

const KEY = 'legal'
const MAX_FACT = 500
const MAX_TEXT = 50_000

export const LEGAL_PAGES = ['mentions', 'privacy', 'accessibility', 'terms'] as const
export type LegalPage = (typeof LEGAL_PAGES)[number]

/** Facts the pages name; '' is not known yet. */
export const LEGAL_FACTS = ['publisher', 'address', 'phone', 'email', 'director', 'hoster', 'dpo', 'audit'] as const
export type LegalFact = (typeof LEGAL_FACTS)[number]

export type AccessibilityLevel = 'none' | 'partial' | 'full'

export interface Legal {
  facts: Record<LegalFact, string>
  /** What the last audit found; without one, none (décret 2019-768). */
  accessibility: AccessibilityLevel
  /** The commune's own words by page, in place of ours; '' keeps ours. */
  texts: Record<LegalPage, string>
}

export interface LegalText {
  title: string
  html: string
  /** The commune's own words. */
  isOwn: boolean
  /** Facts the text would name and nobody gave yet. */
  missing: LegalFact[]
}

/** What is known, with '' for the rest. */
export async function readLegal(ctx: Ctx): Promise<Legal> {
  const row = await ctx.db('settings').where({ key: KEY }).first<{ value: Partial<Legal> } | undefined>('value')
  const { facts, texts } = row?.value ?? {}
  const filled = <Name extends string>(names: readonly Name[], known: Partial<Record<Name, string>> | undefined): Record<Name, string> =>
    Object.fromEntries(names.map((name) => [name, known?.[name] ?? ''])) as Record<Name, string>
  return {
    facts: filled(LEGAL_FACTS, facts),
    accessibility: requireSite(ctx).accessibility ?? 'none',
    texts: filled(LEGAL_PAGES, texts)
  }
}

/** When the facts or words last changed; never touched: when the site was set up. */
export async function legalChangedAt(ctx: Ctx): Promise<Date> {
  const row = await ctx
    .db('settings')
    .whereIn('key', [KEY, 'site'])
    .orderByRaw('key = ? desc', [KEY])
    .first<{ updated_at: Date } | undefined>('updated_at')
  return row?.updated_at ?? ctx.clock.now()
}

/** Replaces everything. Throws legal.too-long (422). */
export async function saveLegal(ctx: Ctx, { facts, texts, accessibility }: Legal): Promise<Legal> {
  const isTooLong = Object.values(facts).some((fact) => fact.length > MAX_FACT) || Object.values(texts).some((own) => own.length > MAX_TEXT)
  if (isTooLong) throw new AppError('legal.too-long', 422, 'One of these texts is too long.')
  await ctx.db.transaction(async (trx) => {
    const row = { key: KEY, value: JSON.stringify({ facts, texts }), updated_at: ctx.clock.now() }
    await trx('settings').insert(row).onConflict('key').merge()
    await saveSite(ctx, trx, { ...requireSite(ctx), accessibility })
  })
  await loadSite(ctx)
  return await readLegal(ctx)
}

/** A page in the reader's language. Facts that are missing are shown as such: an empty line would look complete. */
export async function legalText(ctx: Ctx, page: LegalPage, locale: Locale): Promise<LegalText> {
  const { facts, accessibility, texts } = await readLegal(ctx)
  const { name, insee, origin } = requireSite(ctx)
  const title = text(locale, `legal.${page}.title`)
  const own = texts[page].trim()
  if (own !== '') return { title, html: headedText(own), isOwn: true, missing: [] }
  const template = text(locale, `legal.${page}.text`, Object.fromEntries(LEGAL_FACTS.map((fact) => [fact, `\u0001${fact}\u0001`])))
  const missing = LEGAL_FACTS.filter((fact) => facts[fact].trim() === '' && template.includes(`\u0001${fact}\u0001`))
  const values = {
    ...Object.fromEntries(LEGAL_FACTS.map((fact) => [fact, facts[fact].trim() || text(locale, 'legal.missing')])),
    name,
    insee: insee === '' ? '' : ` (INSEE ${insee})`,
    origin,
    level: text(locale, `legal.level.${accessibility}`),
    rules: [1, 2, 3].map((number) => `• ${text(locale, `rules.${number}`)}`).join('\n')
  }
  return { title, html: headedText(text(locale, `legal.${page}.text`, values)), isOwn: false, missing }
}
