import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { hedgeRefusal } from '../core/hedge.ts'
import { INTERVALS, type Interval } from '../core/interval.ts'
import type { RiskLimits } from '../core/risk.ts'
import { VENUES } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { issueText } from './issue-text.ts'
import { loadProblem, refuseFolder } from './load-module.ts'
import { resolveToThisCopy } from './resolve-to-this-copy.ts'
import type { SyncConfig } from './sync-config.ts'
import { UsageError } from './usage-error.ts'

/** What `klinelab.config.ts` may set; flags win over it. Rates are fractions. */
export interface Config {
  store?: string
  reports?: string
  /** File in which every trial is counted. */
  ledger?: string
  cash?: number
  /** Of the three one: a fixed fraction, ticks, or spread and square-root impact. */
  slippageBps?: number
  slippageTicks?: number
  slippageModel?: 'bps' | 'ticks' | 'impact'
  spreadBps?: number
  impact?: number
  /** Largest share of a bar's volume that is filled. */
  participation?: number
  /** Milliseconds until an order, and until a cancel or an amendment, reaches the exchange. */
  latency?: number
  cancelLatency?: number
  /** A year's, as a fraction: 0.04 is 4 %. */
  riskFree?: number
  warmup?: number
  limitTouch?: boolean
  feeAsset?: 'quote' | 'received'
  /** Of perpetuals: one for all, or one per symbol. */
  leverage?: number | { [symbol: string]: number }
  margin?: 'cross' | 'isolated'
  funding?: 'on' | 'off'
  /** Interval of the finer bars that decide fills, such as 1m. */
  detail?: Interval
  /** How the uncertainty band is made. */
  band?: 'repriced' | 'full'
  /** Limits that no order of any strategy may pass. */
  risk?: RiskLimits
  /**
   * Per venue a step of its schedule and a discount, or the rates themselves: `fees: { binance: { tier: 'VIP1', discount:
   * 0.25 } }`, `fees: { binance: { maker: -0.00005, taker: 0.0003 } }`. A maker's rate below 0 is a rebate.
   */
  fees?: { [venue: string]: { maker?: number; taker?: number; tier?: string; discount?: number } }
  /** What `klinelab data sync` does, and when. */
  sync?: SyncConfig
}

/** Types a config; returns it unchanged. */
export function defineConfig(config: Config): Config {
  return config
}

export interface FoundConfig {
  readonly file: string | null
  readonly config: Config
}

const CONFIG_NAME = 'klinelab.config.ts'

/**
 * Looks for the config upwards from a folder and checks it.
 * @throws UsageError that names the file and the key, with a suggestion
 */
export async function findConfig(from: string, explicit?: string): Promise<FoundConfig> {
  let file = explicit === undefined ? null : resolve(from, explicit)
  if (file !== null && !existsSync(file)) throw new UsageError(`--config ${explicit}: there is no such file`)
  if (file !== null) refuseFolder('--config', explicit!, file)
  for (let dir = resolve(from); file === null; dir = dirname(dir)) {
    if (existsSync(join(dir, CONFIG_NAME))) file = join(dir, CONFIG_NAME)
    else if (dirname(dir) === dir) return { file: null, config: {} }
  }
  resolveToThisCopy()
  let loaded: { default?: unknown }
  try {
    loaded = (await import(pathToFileURL(file).href)) as { default?: unknown }
  } catch (error) {
    throw new UsageError(`${file}: ${await loadProblem(file, error)}`, { cause: error })
  }
  if (loaded.default === undefined)
    throw new UsageError(`${file}: has no default export; write: export default defineConfig({ … })`)
  return { file, config: await checkConfig(file, loaded.default) }
}

async function checkConfig(file: string, value: unknown): Promise<Config> {
  const { z } = await import('zod')
  // loads what reads cron expressions, which most commands have no use for
  const section = Object.hasOwn(Object(value), 'sync') ? await import('./sync-config.ts') : null
  const fraction = z.number().min(0).lt(1).optional()
  const maker = z.number().gt(-1).lt(1).optional()
  const fees = z.strictObject({ maker, taker: fraction, tier: z.string().optional(), discount: fraction })
  const schema = z.strictObject({
    store: z.string().optional(),
    reports: z.string().optional(),
    ledger: z.string().optional(),
    cash: z.number().positive().optional(),
    slippageBps: z.number().min(0).lt(10_000).optional(),
    slippageTicks: z.number().int().min(0).optional(),
    slippageModel: z.enum(['bps', 'ticks', 'impact']).optional(),
    spreadBps: z.number().min(0).lt(10_000).optional(),
    impact: z.number().min(0).optional(),
    participation: z.number().positive().max(1).optional(),
    latency: z.number().min(0).optional(),
    cancelLatency: z.number().min(0).optional(),
    riskFree: z
      .number()
      .refine((rate) => rate > -1 && rate < 1, 'write a fraction above -1 and below 1, 0.04 for 4 %')
      .optional(),
    warmup: z.number().int().min(0).optional(),
    limitTouch: z.boolean().optional(),
    feeAsset: z.enum(['quote', 'received']).optional(),
    leverage: z.union([z.number().int().min(1), z.record(z.string(), z.number().int().min(1))]).optional(),
    margin: z.enum(['cross', 'isolated']).optional(),
    funding: z.enum(['on', 'off']).optional(),
    detail: z.enum(INTERVALS).optional(),
    band: z.enum(['repriced', 'full']).optional(),
    risk: z.looseObject({}).optional(),
    fees: z.partialRecord(z.enum(VENUES), fees).optional(),
    sync: section === null ? z.undefined().optional() : section.syncSection(z).optional(),
  })
  const checked = schema.safeParse(value)
  if (checked.success) return checked.data as Config
  const issue = checked.error.issues[0]!
  const where = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!
    const hedge = hedgeRefusal(key)
    if (hedge !== null) throw new UsageError(`${file}: ${key}: ${hedge}`)
    const known =
      where === ''
        ? Object.keys(schema.shape)
        : issue.path[0] === 'sync'
          ? section!.syncKeysAt(issue.path)
          : where === 'fees'
            ? [...VENUES]
            : Object.keys(fees.shape)
    throw new UsageError(
      `${file}: unknown key "${where === '' ? key : `${where}.${key}`}"${didYouMean(key, known)}; known: ${known.join(', ')}`,
    )
  }
  let at: unknown = value
  for (const key of issue.path) at = (at as Record<PropertyKey, unknown>)?.[key]
  const is = at === undefined ? 'missing' : JSON.stringify(at)
  throw new UsageError(`${file}: ${where || 'the config'} is ${is}: ${issueText(issue, at)}`)
}
