import { z } from 'zod'
import { INTERVALS } from '../core/interval.ts'
import type { RunDocument } from '../core/run.ts'

/**
 * The schema of `run.json`, published beside this file as `run.schema.json` (`npm run docs` writes it). Times are UTC ms,
 * rates fractions, money the quote asset. Every object is strict: a key that is not listed here is not in the contract.
 */
const count = z.int().min(0)
const time = z.int()
const figure = z.number().nullable()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const values = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))

const splitRow = z.strictObject({ trades: count, winRate: figure, netProfit: z.number() })

const openTrade = z.strictObject({
  n: count,
  symbol: z.string(),
  side: z.enum(['long', 'short']),
  qty: z.number(),
  entryTime: time,
  entryPrice: z.number(),
  fees: z.number(),
  funding: z.number(),
  pnl: z.number(),
  return: z.number(),
  bars: count,
  mae: z.number(),
  mfe: z.number(),
  entryTag: z.string(),
  markTime: time,
  markPrice: z.number(),
})

const stretch = z.strictObject({ start: time, end: time, bars: count })
const certificate = z.strictObject({
  series: z.string(),
  rows: count,
  from: time,
  to: time,
  gaps: z.array(stretch),
  zeroVolumeBars: count,
  flatRuns: z.array(z.strictObject({ start: time, bars: count })),
  outliers: z.array(z.strictObject({ openTime: time, field: z.string(), value: z.number(), median: z.number() })),
  outages: z.array(time),
  made: z.array(stretch).optional(),
  holes: z.array(stretch.extend({ cause: z.string(), because: z.string() })).optional(),
})

const rates = {
  feeMaker: z.number(),
  feeTaker: z.number(),
  feeTier: z.string().nullable(),
  feeDiscount: z.number(),
  slippageBps: z.number(),
}

const interval = z.strictObject({ low: z.number(), high: z.number() })
const above = z.number().positive().optional()
const risk = z.strictObject({
  maxPosition: above,
  maxGross: above,
  maxNet: above,
  maxLeverage: above,
  maxOpenOrders: count.optional(),
  maxOrdersPerMinute: count.optional(),
  maxDailyLoss: above,
  maxDrawdown: above,
  coolDown: z.string().optional(),
  symbols: z.array(z.string()).optional(),
  hours: z.string().optional(),
  priceCollar: above,
})

const execution = z.strictObject({
  slippage: z.discriminatedUnion('model', [
    z.strictObject({ model: z.literal('bps') }),
    z.strictObject({ model: z.literal('ticks'), ticks: count }),
    z.strictObject({ model: z.literal('impact'), spreadBps: z.number(), impact: z.number() }),
  ]),
  participation: figure,
  latency: z.number(),
  cancelLatency: z.number(),
})

/** What a backtest was asked for. */
export const RECORDED_REQUEST = z.strictObject({
  strategy: z.string(),
  data: z.array(z.string()),
  from: time,
  to: time,
  set: values,
  cash: z.number(),
  costs: z.record(z.string(), z.strictObject(rates)),
  noCosts: z.boolean(),
  riskFree: z.number(),
  warmup: count,
  limitTouch: z.boolean(),
  execution,
  feeAsset: z.enum(['quote', 'received']),
  closeAtEnd: z.boolean(),
  allowInSample: z.boolean(),
  stress: z.boolean(),
  margin: z.enum(['cross', 'isolated']),
  funding: z.enum(['on', 'off']),
  leverage: z.record(z.string(), z.number()),
  detail: z.enum(INTERVALS).nullable(),
  band: z.enum(['repriced', 'full']),
  risk,
  benchmark: z.string().nullable(),
})

const stretches = z.strictObject({ count, bars: count })

export const SERIES_USED = z.strictObject({
  series: z.string(),
  rows: count,
  from: time,
  to: time,
  sha256,
  gaps: stretches,
  made: count.optional(),
  holes: z.record(z.string(), stretches).optional(),
})

/** What a run is made again from. */
export const REPRODUCE_SCHEMA = z.strictObject({
  command: z.string(),
  request: RECORDED_REQUEST.nullable(),
  code: sha256,
  config: sha256,
  inputs: z.record(z.string(), sha256),
  versions: z.record(z.string(), z.string()),
})

const highest = z.strictObject({ value: z.number(), at: time }).nullable()
const portfolio = z.strictObject({
  symbols: z.array(
    z.strictObject({
      symbol: z.string(),
      netProfit: z.number(),
      returnShare: z.number(),
      drawdownShare: z.number(),
      fees: z.number(),
      slippage: z.number(),
      funding: z.number(),
      exposure: z.number(),
    }),
  ),
  drawdown: z.strictObject({ from: time, to: time }).nullable(),
  correlation: z.array(z.array(figure)),
  margin: z.strictObject({ initial: highest, maintenance: highest }).nullable(),
})

const stress = z.strictObject({
  method: z.enum(['repriced', 'rerun']),
  slippage: z.strictObject({ unit: z.enum(['bps', 'ticks', 'times']), values: z.array(z.number()) }),
  latency: z.number(),
  grid: z.array(
    z.strictObject({ fees: z.number(), slippage: z.number(), latencyBars: count, totalReturn: z.number() }),
  ),
  breakEvenBps: figure,
  paidBps: z.number(),
  participation: z.number(),
  capacity: z.array(z.strictObject({ cash: z.number(), totalReturn: z.number() })),
  isFixedSize: z.boolean(),
})

const spread = z.strictObject({ observed: z.number(), median: z.number(), within90: interval, within95: interval })
const entryTest = spread.extend({ p: z.number(), percentiles: z.array(z.number()).length(21) })
const luck = z.strictObject({
  seed: count,
  trades: z
    .strictObject({
      trades: count,
      resamples: count,
      shuffle: z.strictObject({ maxDrawdown: spread, asDeep: z.number() }),
      bootstrap: z.strictObject({
        totalReturn: spread,
        maxDrawdown: spread,
        losing: z.number(),
      }),
    })
    .nullable(),
  days: z
    .strictObject({
      days: count,
      resamples: count,
      blockLength: z.number(),
      totalReturn: spread,
      maxDrawdown: spread,
      sharpe: spread.nullable(),
      losing: z.number(),
    })
    .nullable(),
  randomEntries: z
    .strictObject({
      trades: count,
      resamples: count,
      held: z.number(),
      totalReturn: entryTest,
      sharpe: entryTest.nullable(),
    })
    .nullable(),
  notes: z.record(z.string(), z.string()),
  verdicts: z.strictObject({ trades: z.string(), days: z.string(), randomEntries: z.string() }),
})

const perpetual = z.strictObject({
  symbol: z.string(),
  margin: z.enum(['cross', 'isolated']),
  leverage: z.number(),
  liquidationFee: z.number(),
  marks: z.string().nullable(),
  marksMissing: count,
  tiers: z.strictObject({ source: z.string(), asOf: time, assumed: z.boolean() }),
  funding: z.strictObject({ charges: count, paid: z.number(), received: z.number(), missing: count }).nullable(),
  liquidations: z.strictObject({ count, fees: z.number(), shortfall: z.number() }),
})

export const RUN_SCHEMA: z.ZodType<RunDocument> = z.strictObject({
  run: z.string(),
  strategy: z.string(),
  params: values,
  tradeHash: sha256,
  data: z.array(SERIES_USED),
  range: z.strictObject({ from: time, to: time, warmup: count }),
  engine: z.strictObject({ version: z.string(), bars: count }),
  costs: z.strictObject({
    ...rates,
    fees: z.number(),
    slippage: z.number(),
    funding: z.number(),
    none: z.boolean(),
  }),
  execution,
  cash: z.number(),
  quote: z.string(),
  metrics: z.record(z.string(), figure),
  band: z.strictObject({
    method: z.enum(['repriced', 'full']),
    bars: count,
    endEquity: interval,
    totalReturn: interval,
    maxDrawdown: interval,
    share: figure,
  }),
  stress: stress.nullable(),
  nearFaults: z.strictObject({ within: count, trades: count, pnl: z.number(), netProfitWithout: z.number() }),
  luck,
  portfolio,
  models: z.strictObject({
    used: z.array(
      z.strictObject({
        name: z.string(),
        series: z.string(),
        outOfSampleFrom: time,
        folds: count,
        isFromElsewhere: z.boolean(),
        learnsFromLater: z.boolean(),
        definition: sha256,
        artifact: sha256,
      }),
    ),
    inSample: z.boolean(),
  }),
  perpetuals: z.array(perpetual),
  peer: z.record(z.string(), figure),
  notes: z.record(z.string(), z.string()),
  remarks: z.array(z.string()),
  split: z.strictObject({
    long: splitRow,
    short: splitRow,
    byTag: z.record(z.string(), splitRow),
    bySymbol: z.record(z.string(), splitRow),
  }),
  orders: z.strictObject({ accepted: count, cut: count, rejected: count, byFilter: z.record(z.string(), count) }),
  openTrades: z.array(openTrade),
  filters: z.array(
    z.strictObject({
      symbol: z.string(),
      source: z.string(),
      validFrom: time.nullable(),
      assumed: z.boolean(),
      notSimulated: z.array(z.string()),
    }),
  ),
  certificates: z.array(certificate),
  benchmark: z.string(),
  riskFree: z.number(),
  seed: count,
  reproduce: REPRODUCE_SCHEMA,
})

/** The same as JSON Schema (draft 2020-12), for readers in other languages. */
export function runJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(RUN_SCHEMA)
  return { $schema, title: 'run.json of klinelab', ...schema }
}
