import { z } from 'zod'
import { RECORDED_REQUEST, SERIES_USED } from './run-schema.ts'

/** What the schemas of `sweep` and `walk-forward` have in common. */
export const count = z.int().min(0)
export const time = z.int()
export const figure = z.number().nullable()
export const value = z.union([z.number(), z.string(), z.boolean()])
export const params = z.record(z.string(), value)
export const metrics = z.record(z.string(), figure)
const ordinal = z.int().min(1)
const share = z.number().min(0).max(1)
const chance = share.nullable()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const dimension = z.discriminatedUnion('kind', [
  z.strictObject({ name: z.string(), kind: z.literal('list'), values: z.array(value).min(1) }),
  z.strictObject({
    name: z.string(),
    kind: z.enum(['int', 'num']),
    from: z.number(),
    to: z.number(),
    step: z.number().positive().nullable(),
    isLog: z.boolean(),
  }),
])

const method = z.enum(['grid', 'random', 'sobol', 'tpe'])
const goal = z.enum(['max', 'min'])

const search = z.strictObject({
  dimensions: z.array(dimension),
  where: z.string().nullable(),
  method,
  trials: count,
  objective: z.strictObject({ name: z.string(), goal }),
  seed: count,
  prune: chance,
  batch: ordinal,
})

/** What a sweep of a strategy is made again from. */
export const RECORDED_SEARCH = z.strictObject({
  backtest: RECORDED_REQUEST,
  set: z.array(z.string()).min(1),
  where: z.string().nullable(),
  method,
  trials: ordinal.nullable(),
  objective: z.string(),
  goal,
  seed: count,
  prune: z.number().gt(0).lt(1).nullable(),
})

/** What a sweep of a model is made again from. */
export const RECORDED_MODEL_SEARCH = RECORDED_SEARCH.omit({ backtest: true, prune: true }).extend({
  ...{ module: z.string(), model: z.string(), data: z.array(z.string()).min(1) },
  ...{ from: time, to: time, holdout: z.number().gt(0).lt(1), fixed: params },
})

export const PLAN = z.strictObject({
  kind: z.enum(['rolling', 'anchored']),
  train: z.string(),
  test: z.string(),
  embargo: z.string(),
})

/** What a walk-forward is made again from. */
export const RECORDED_WALK_FORWARD = RECORDED_SEARCH.extend({ plan: PLAN })

/** What a search is made again from; `null` where a script handed something over that no file has. */
export function reproduced<T extends z.ZodType>(request: T) {
  return z.strictObject({
    command: z.string(),
    request: request.nullable(),
    code: sha256,
    inputs: z.record(z.string(), sha256),
    versions: z.record(z.string(), z.string()),
  })
}

/** Of documents of searches: all that does not hang on which. */
export const searchDocument = {
  run: z.string(),
  name: z.string(),
  search,
  fixed: params,
  data: z.array(SERIES_USED),
  range: z.strictObject({ from: time, to: time, warmup: count }),
  engine: z.strictObject({ version: z.string(), bars: count }),
  costs: z.strictObject({
    feeMaker: z.number(),
    feeTaker: z.number(),
    slippageBps: z.number(),
    none: z.boolean(),
  }),
  quote: z.string(),
  cash: z.number(),
  remarks: z.array(z.string()),
  notes: z.record(z.string(), z.string()),
}

const crossValidation = z.strictObject({
  probability: share,
  blocks: ordinal,
  splits: ordinal,
  trials: z.int().min(2),
  probabilityOfLoss: share,
  slope: figure,
  meanInSample: z.number(),
  meanOutOfSample: z.number(),
  logits: z.array(z.strictObject({ low: z.number(), high: z.number(), splits: count })),
})

export const overfitting = z.strictObject({
  trials: count,
  effectiveTrials: figure,
  days: count,
  sharpe: figure,
  probabilistic: chance,
  spread: figure,
  expectedMaximum: figure,
  expectedMaximumEffective: figure,
  deflated: chance,
  deflatedEffective: chance,
  minimumTrackRecord: figure,
  minimumTrackRecordDeflated: figure,
  crossValidation: crossValidation.nullable(),
  notes: z.record(z.string(), z.string()),
  verdict: z.string(),
  tone: z.enum(['good', 'bad', 'unclear']),
})
