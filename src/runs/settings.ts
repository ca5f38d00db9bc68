import { existsSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { type Execution, PLAIN_EXECUTION } from '../core/execution.ts'
import type { Interval } from '../core/interval.ts'
import type { MarginMode } from '../core/leverage.ts'
import { RISK_RULES, type RiskLimits } from '../core/risk.ts'
import type { RecordedRequest } from '../core/run.ts'
import type { Venue } from '../core/series.ts'
import { checkPlace, isStoreUrl, parseStoreUrl } from '../data/remote/store-url.ts'
import { checkLimits } from '../engine/index.ts'
import type { Config, FoundConfig } from './config.ts'
import { executionOf, type GivenExecution } from './execution-settings.ts'
import { type FeeTerms, feesOf, type GivenFees } from './fee-settings.ts'
import { HOME } from './package-info.ts'
import { UsageError, usage } from './usage-error.ts'
import { VENUE_COSTS } from './venue-costs.ts'

/** What a caller (the command line, a script) may say; everything else comes from the config or is built in. */
export interface Given extends GivenExecution, GivenFees {
  readonly store?: string
  readonly out?: string
  /** File in which every trial is counted. */
  readonly ledger?: string
  readonly cash?: number
  readonly riskFree?: number
  readonly warmup?: number
  readonly limitTouch?: boolean
  readonly feeAsset?: 'quote' | 'received'
  readonly noCosts?: boolean
  /** Of perpetuals. */
  readonly leverage?: number
  readonly margin?: MarginMode
  readonly funding?: 'on' | 'off'
  /** Interval of the finer bars that decide fills. */
  readonly detail?: Interval
  /** How the band is made: trade by trade, or by a run of its own. */
  readonly band?: BandMethod
  /** Over those of the config, rule by rule. */
  readonly risk?: RiskLimits
}

type BandMethod = 'repriced' | 'full'

export interface Settings {
  readonly store: string
  readonly out: string
  /** File in which every trial is counted. */
  readonly ledger: string
  readonly cash: number
  readonly riskFree: number
  readonly warmup: number | null
  readonly limitTouch: boolean
  readonly execution: Execution
  /** Interval of the finer bars that decide fills; `null` where there are none. */
  readonly detail: Interval | null
  readonly band: BandMethod
  /** Limits of the account. */
  readonly risk: RiskLimits
  readonly feeAsset: 'quote' | 'received'
  readonly noCosts: boolean
  readonly margin: MarginMode
  readonly funding: 'on' | 'off'
  /** Of a perpetual; the strategy’s own where nobody says otherwise. */
  readonly leverageOf: (symbol: string) => number
  readonly costsOf: (venue: Venue) => { feeMaker: number; feeTaker: number; slippageBps: number }
  /** What its fee rates are of. */
  readonly feeTermsOf: (venue: Venue) => FeeTerms
  /** Where each value came from, for --show-config. */
  readonly origins: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>
}

/** What holds where nobody says otherwise. */
export const BUILT_IN = {
  cash: 10_000,
  riskFree: 0,
  feeAsset: 'quote',
  margin: 'cross',
  leverage: 1,
  funding: 'on',
  band: 'repriced',
} as const

/** Flags win over environment, environment over config, config over what is built in. */
export function settle(
  given: Given,
  found: FoundConfig,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Settings {
  const { config } = found
  const origins: Record<string, { value: unknown; from: string }> = {}
  const choose = <T>(name: string, flag: T | undefined, variable: string | null, key: keyof Config, builtIn: T): T => {
    const fromEnv = variable === null ? undefined : (env[variable] as T | undefined)
    const fromConfig = config[key] as T | undefined
    const [value, from] =
      flag !== undefined
        ? [flag, `--${name}`]
        : fromEnv !== undefined
          ? [fromEnv, variable!]
          : fromConfig !== undefined
            ? [fromConfig, found.file!]
            : [builtIn, 'built in']
    origins[name] = { value, from }
    return value
  }
  const configDir = found.file === null ? cwd : resolve(found.file, '..')
  const path = (value: string, name: string) => resolve(origins[name]!.from === found.file ? configDir : cwd, value)
  const base = `${cwd}${sep}`.startsWith(`${HOME}${sep}`) && found.file === null ? HOME : cwd
  const place = choose('store', given.store, 'KLINELAB_STORE', 'store', resolve(base, 'datasets'))
  usage(() => checkPlace(place))
  const store = isStoreUrl(place) ? usage(() => parseStoreUrl(place).text) : path(place, 'store')
  const out = path(choose('out', given.out, 'KLINELAB_REPORTS', 'reports', resolve(base, 'reports')), 'out')
  const ledger = path(choose('ledger', given.ledger, 'KLINELAB_LEDGER', 'ledger', ledgerIn(out)), 'ledger')
  const noCosts = given.noCosts ?? false
  const cost = (['feeMaker', 'feeTaker', 'feeTier', 'feeDiscount', 'slippageBps'] as const).find(
    (key) => given[key] !== undefined,
  )
  if (noCosts && cost !== undefined)
    throw new UsageError(`no costs and ${cost} ${given[cost]} exclude one another: say one of them`)
  const slippage = choose<number | null>('slippage-bps', given.slippageBps, null, 'slippageBps', null)
  const leverage = choose<number | Readonly<Record<string, number>>>(
    'leverage',
    given.leverage,
    null,
    'leverage',
    BUILT_IN.leverage,
  )
  const fees = feesOf(given, found, noCosts, origins)
  return {
    store,
    out,
    ledger,
    cash: choose<number>('cash', given.cash, null, 'cash', BUILT_IN.cash),
    riskFree: choose<number>('risk-free', given.riskFree, null, 'riskFree', BUILT_IN.riskFree),
    warmup: choose<number | null>('warmup', given.warmup, null, 'warmup', null),
    limitTouch: choose('limit-touch', given.limitTouch, null, 'limitTouch', false),
    feeAsset: choose<'quote' | 'received'>('fee-asset', given.feeAsset, null, 'feeAsset', BUILT_IN.feeAsset),
    noCosts,
    execution: executionOf(given, found, noCosts, origins),
    detail: choose<Interval | null>('detail', given.detail, null, 'detail', null),
    band: choose<BandMethod>('band', given.band, null, 'band', BUILT_IN.band),
    risk: riskOf(given, found, origins),
    margin: choose<MarginMode>('margin', given.margin, null, 'margin', BUILT_IN.margin),
    funding: choose<'on' | 'off'>('funding', given.funding, null, 'funding', BUILT_IN.funding),
    leverageOf: (symbol) => {
      const own = typeof leverage === 'number' ? leverage : leverage[symbol]
      return own ?? BUILT_IN.leverage
    },
    costsOf: (venue) => ({
      ...fees(venue).rates,
      slippageBps: noCosts ? 0 : (slippage ?? VENUE_COSTS[venue].slippageBps),
    }),
    feeTermsOf: (venue) => fees(venue).terms,
    origins,
  }
}

/**
 * For whoever only reads: a folder that somebody names has to be there, or what comes with klinelab would answer in its place.
 * @throws UsageError where it is not
 */
export function checkStoreIsThere({ store, origins }: Pick<Settings, 'store' | 'origins'>): void {
  const { value, from } = origins['store']!
  if (from !== '--store' && from !== 'KLINELAB_STORE') return
  if (isStoreUrl(store) || existsSync(store)) return
  throw new UsageError(
    `${from} ${value}: there is no folder ${store}. klinelab data get and data import make a store; with no store named, the series that come with klinelab are read`,
  )
}

/** One ledger for all the runs of a folder. */
function ledgerIn(out: string): string {
  return join(out, 'ledger.jsonl')
}

/** Each rule by itself: a flag replaces the config's limit of that rule and leaves the others. */
function riskOf(
  given: Given,
  { config, file }: FoundConfig,
  origins: Record<string, { value: unknown; from: string }>,
): RiskLimits {
  const said: RiskLimits = { ...config.risk, ...given.risk }
  usage(() => {
    if (config.risk !== undefined) checkLimits(config.risk, file!)
    checkLimits(said, '--risk')
  })
  // in one order, however they were said
  const risk = Object.fromEntries(RISK_RULES.flatMap((rule) => (said[rule] === undefined ? [] : [[rule, said[rule]]])))
  for (const [rule, value] of Object.entries(risk))
    origins[`risk.${rule}`] = { value, from: Object.hasOwn(given.risk ?? {}, rule) ? '--risk' : file! }
  return risk
}

/** The settings a finished run was made with; only where things lie is asked anew. */
export function recordedSettings(
  request: RecordedRequest,
  places: { readonly store: string; readonly out: string },
): Settings {
  const { execution = PLAIN_EXECUTION } = request
  const { cash, riskFree, warmup, limitTouch, feeAsset, noCosts, margin, funding, risk, detail, band } = request
  const costsOf = (venue: Venue) => {
    const { feeMaker, feeTaker, slippageBps } = request.costs[venue]!
    return { feeMaker, feeTaker, slippageBps }
  }
  const feeTermsOf = (venue: Venue) => {
    const { feeTier, feeDiscount } = request.costs[venue]!
    return { feeTier: feeTier ?? null, feeDiscount: feeDiscount ?? 0 }
  }
  const leverageOf = (symbol: string) => request.leverage[symbol] ?? BUILT_IN.leverage
  const recorded = {
    execution,
    cash,
    riskFree,
    warmup,
    limitTouch,
    feeAsset,
    noCosts,
    margin,
    funding,
    risk,
    detail,
    band,
  }
  return { ...places, ledger: ledgerIn(places.out), ...recorded, leverageOf, costsOf, feeTermsOf, origins: {} }
}
