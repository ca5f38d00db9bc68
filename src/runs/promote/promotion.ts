import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { RiskLimits } from '../../core/risk.ts'
import type { ModelUsed, RunDocument } from '../../core/run.ts'
import { diskError } from '../../data/duckdb.ts'
import { DataError } from '../../data/index.ts'
import { codeHash } from '../code-hash.ts'
import { listRuns } from '../load-run.ts'
import { UsageError } from '../usage-error.ts'
import { type ChecklistItem, GATE } from './checklist.ts'

/** File of a run's folder: what the gate saw, and whether it opened. No part of the run, which is the same without it. */
const FILE = 'promotion.json'

const ITEM = z.strictObject({
  name: z.enum(GATE),
  title: z.string(),
  figure: z.number().nullable(),
  threshold: z.number(),
  must: z.enum(['at least', 'at most', 'above']),
  unit: z.enum(['share', 'times', 'count', 'days']),
  words: z.string(),
  // manifests of before have none
  commands: z.array(z.string()).readonly().default([]),
  passed: z.boolean(),
  override: z.string().nullable(),
})

const PROMOTION = z.strictObject({
  run: z.string(),
  /** Wall clock, UTC ms. */
  at: z.number(),
  promoted: z.boolean(),
  strategy: z.string(),
  /** Of its module, from its project's root; `null`: handed over by a script. */
  module: z.string().nullable(),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  series: z.array(z.string()),
  /** sha256 of the strategy, every project file it imports, and the lockfile. */
  code: z.string(),
  /** sha256 of the bars of each series. */
  data: z.array(z.strictObject({ series: z.string(), sha256: z.string() })),
  models: z.array(z.strictObject({ name: z.string(), series: z.string(), artifact: z.string() })),
  /** Of perpetuals, by symbol. */
  leverage: z.record(z.string(), z.number()),
  margin: z.string(),
  risk: z.record(z.string(), z.unknown()),
  tradeHash: z.string(),
  engine: z.string(),
  checklist: z.array(ITEM),
})

/** The manifest of a promotion: what it is of, hash by hash, and the checklist. */
export type Promotion = z.infer<typeof PROMOTION>

export function promotionOf(
  document: RunDocument,
  checklist: readonly ChecklistItem[],
  { at, promoted }: { readonly at: number; readonly promoted: boolean },
): Promotion {
  const { run, strategy, params, data, models, tradeHash, engine, reproduce } = document
  return {
    ...{ run, at, promoted, strategy, module: reproduce.request?.strategy ?? null, params: { ...params } },
    series: data.map(({ series }) => series),
    code: reproduce.code,
    data: data.map(({ series, sha256 }) => ({ series, sha256 })),
    models: models.used.map(({ name, series, artifact }) => ({ name, series, artifact })),
    leverage: { ...reproduce.request?.leverage },
    margin: reproduce.request?.margin ?? 'cross',
    risk: { ...reproduce.request?.risk },
    ...{ tradeHash, engine: engine.version, checklist: [...checklist] },
  }
}

/** @returns the file it was kept in */
export function keepPromotion(dir: string, promotion: Promotion): string {
  const file = join(dir, FILE)
  try {
    writeFileSync(file, `${JSON.stringify(promotion, null, 2)}\n`)
  } catch (error) {
    throw diskError(dir, error)
  }
  return file
}

/** @throws DataError for a file that is damaged or of another version; `null` where there is none */
function readPromotion(dir: string): Promotion | null {
  const file = join(dir, FILE)
  if (!existsSync(file)) return null
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new DataError(`${file}: is damaged (${(error as Error).message}); promote the run again`)
  }
  const { data, error } = PROMOTION.safeParse(json)
  const [issue] = error?.issues ?? []
  if (issue !== undefined)
    throw new DataError(
      `${file}: ${issue.path.join('.')}: ${issue.message}; it is of another version, or was changed by hand: promote the run again`,
    )
  return data!
}

/** What somebody wants to trade. */
export interface Wanted {
  /** Path of the strategy's module. */
  readonly file: string
  readonly strategy: string
  readonly params: Readonly<Record<string, unknown>>
  readonly series: readonly string[]
  /** Of perpetuals, by symbol. */
  readonly leverage: Readonly<Record<string, number>>
  readonly margin: string
  readonly risk: RiskLimits
}

/**
 * The promotion by which a strategy may trade on an exchange, from among the runs.
 * @throws UsageError that says what is missing: no promotion, one that did not pass, or one of other code, parameters or series
 */
export function requirePromotion(wanted: Wanted, out: string, onWarning: (text: string) => void): Promotion {
  const found = listRuns(out, onWarning).flatMap(({ dir }) => {
    try {
      return readPromotion(dir) ?? []
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      // that of another run is no reason to refuse this one
      onWarning(error.message)
      return []
    }
  })
  const own = found.filter(({ strategy }) => strategy === wanted.strategy).sort((a, b) => b.at - a.at)
  const how = 'make a backtest of it, and klinelab promote RUN'
  if (own.length === 0)
    throw new UsageError(
      `strategy ${wanted.strategy} has not been promoted, and only what has passed the gate trades on an exchange: ${how}`,
    )
  const why = own.map((promotion) => ({ promotion, why: unlike(promotion, wanted) }))
  const fit = why.find((one) => one.why === null)
  if (fit !== undefined) return fit.promotion
  throw new UsageError(
    `strategy ${wanted.strategy}: ${why[0]!.promotion.run} is no promotion of it: ${why[0]!.why}; ${how}`,
  )
}

/**
 * Holds the models that are really asked against those that were promoted.
 * @throws UsageError for one that has been trained anew since
 */
export function requireModels(
  promotion: Promotion,
  models: readonly Pick<ModelUsed, 'name' | 'series' | 'artifact'>[],
): void {
  const known = new Set(promotion.models.map(({ name, series, artifact }) => `${name} ${series} ${artifact}`))
  const other = models.find(({ name, series, artifact }) => !known.has(`${name} ${series} ${artifact}`))
  if (other !== undefined)
    throw new UsageError(
      `strategy ${promotion.strategy}: its model ${other.name} of ${other.series} is not the one of ${promotion.run}, which was promoted: it has been trained anew since; make a backtest with it, and klinelab promote RUN`,
    )
}

function unlike(promotion: Promotion, wanted: Wanted): string | null {
  const { promoted, code, params, series, checklist } = promotion
  if (!promoted) {
    const open = checklist.filter(({ passed, override }) => !passed && override === null).map(({ name }) => name)
    return `it did not pass (${open.join(', ')})`
  }
  if (code !== codeHash(wanted.file).hash)
    return 'the strategy, a file it imports, or the lockfile has been changed since'
  for (const [name, value] of Object.entries(wanted.params))
    if (params[name] !== value) return `${name} is ${String(value)}, and was ${String(params[name])}`
  const other = wanted.series.find((one) => !series.includes(one))
  if (other !== undefined) return `${other} is none of its series, ${series.join(', ')}`
  const bolder = Object.entries(wanted.leverage).find(([symbol, times]) => times > (promotion.leverage[symbol] ?? 1))
  if (bolder !== undefined)
    return `${bolder[0]} is to have leverage ${bolder[1]}, and had ${promotion.leverage[bolder[0]] ?? 1}`
  if (Object.keys(wanted.leverage).length > 0 && wanted.margin !== promotion.margin)
    return `margin is ${wanted.margin}, and was ${promotion.margin}`
  const rule = Object.keys(promotion.risk).find(
    (name) => !isDeepStrictEqual(promotion.risk[name], wanted.risk[name as keyof RiskLimits]),
  )
  return rule === undefined
    ? null
    : `its limit of risk ${rule} was ${JSON.stringify(promotion.risk[rule])}, and is not now`
}
