import { z } from 'zod'
import type { EvaluationDocument } from '../core/evaluation.ts'
import { SERIES_USED } from './run-schema.ts'

/**
 * The schema of a model's `run.json`, published beside this file as `evaluation.schema.json` (`npm run docs` writes it). Times
 * are UTC ms, rates and returns fractions. Every object is strict: a key that is not listed here is not in the contract.
 */
const count = z.int().min(0)
const time = z.int()
const figure = z.number().nullable()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const range = z.strictObject({ low: z.number(), high: z.number() })
const span = z.strictObject({ first: time, last: time })

const judged = {
  metrics: z.record(z.string(), figure),
  notes: z.record(z.string(), z.string()),
  intervals: z.record(z.string(), range.nullable()),
}

const baseline = z.strictObject({
  ...judged,
  compared: z.record(
    z.string(),
    z.strictObject({ isInside: z.boolean(), difference: range.nullable(), isBetter: z.boolean() }).nullable(),
  ),
})

const fold = z.strictObject({
  ...judged,
  fold: z.int().min(1),
  train: span,
  test: z.array(span),
  rows: z.strictObject({
    learnt: count,
    validation: count,
    calibration: count,
    purged: count,
    embargoed: count,
    test: count,
  }),
  balance: z.array(z.number()),
  losses: z.array(
    z.strictObject({
      model: z.string(),
      steps: z.array(z.strictObject({ loss: z.number(), validationLoss: figure })),
    }),
  ),
})

const trades = z.strictObject({
  trades: count,
  gross: figure,
  expectancy: figure,
  total: z.number(),
  winRate: figure,
})
const threshold = z.strictObject({ threshold: z.number(), every: trades, single: trades })
const curve = z.strictObject({ class: z.int().min(0).max(2), x: z.array(z.number()), y: z.array(z.number()) })

const feature = z.strictObject({
  name: z.string(),
  missing: count,
  infinite: count,
  low: figure,
  high: figure,
  auc: figure,
  importance: z.strictObject({ mean: z.number(), folds: z.array(figure) }).nullable(),
  drift: z.array(figure),
})

const series = z.strictObject({
  series: z.string(),
  bars: count,
  used: count,
  dropped: z.strictObject({ lookback: count, infinite: count, missing: count, label: count, window: count }),
  features: z.array(feature),
  findings: z.array(
    z.strictObject({
      severity: z.enum(['error', 'warning']),
      message: z.string(),
      feature: z.string().nullable(),
      fold: z.int().nullable(),
    }),
  ),
  folds: z.array(fold),
  pooled: z.strictObject({
    ...judged,
    confusion: z.array(z.array(z.number())),
    perClass: z.array(
      z.strictObject({
        support: z.number(),
        precision: figure,
        recall: figure,
        f1: figure,
        auc: figure,
        prAuc: figure,
      }),
    ),
    baselines: z.strictObject({ majority: baseline, previousSign: baseline }),
    blocks: z.strictObject({ kind: z.string(), blockLength: count, resamples: count }).nullable(),
  }),
  curves: z.strictObject({
    roc: z.array(curve),
    precisionRecall: z.array(curve),
    calibration: z.array(
      z.strictObject({
        low: z.number(),
        high: z.number(),
        weight: z.number(),
        predicted: z.number(),
        observed: z.number(),
      }),
    ),
  }),
  money: z.strictObject({
    costs: z.strictObject({ fee: z.number(), slippage: z.number() }),
    rows: z.array(threshold),
    best: threshold.nullable(),
    isEdgeGone: z.boolean(),
    notes: z.record(z.string(), z.string()),
  }),
  importanceBy: z.enum(['auc', 'logLoss']).nullable(),
  verdicts: z.array(z.string()),
})

/** What a training is made again from. */
const request = z.strictObject({
  module: z.string(),
  model: z.string(),
  from: time.nullable(),
  to: time.nullable(),
  threshold: z.number(),
  costs: z.record(z.string(), z.strictObject({ feeTaker: z.number(), slippageBps: z.number() })),
  noCosts: z.boolean(),
})

export const EVALUATION_SCHEMA: z.ZodType<EvaluationDocument> = z.strictObject({
  run: z.string(),
  kind: z.literal('model'),
  model: z.string(),
  classes: z.union([z.literal(2), z.literal(3)]),
  definition: z.record(z.string(), z.unknown()),
  data: z.array(SERIES_USED),
  engine: z.strictObject({ version: z.string() }),
  threshold: z.number(),
  costs: z.strictObject({ feeTaker: z.number(), slippageBps: z.number(), none: z.boolean() }),
  seed: count,
  series: z.array(series),
  remarks: z.array(z.string()),
  stopped: z.strictObject({ series: z.string(), fold: z.int(), step: count }).nullable(),
  reproduce: z.strictObject({
    command: z.string(),
    request: request.nullable(),
    definition: sha256,
    code: sha256,
    artifact: sha256,
    versions: z.record(z.string(), z.string()),
  }),
})

/** The same as JSON Schema (draft 2020-12), for readers in other languages. */
export function evaluationJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(EVALUATION_SCHEMA)
  return { $schema, title: 'run.json of a model of klinelab', ...schema }
}
