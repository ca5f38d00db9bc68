import { z } from 'zod'
import type { SweepDocument } from '../core/search.ts'
import {
  count,
  figure,
  metrics,
  overfitting,
  params,
  RECORDED_MODEL_SEARCH,
  RECORDED_SEARCH,
  reproduced,
  searchDocument,
  time,
  value,
} from './search-schema.ts'

/**
 * The schema of a sweep's `run.json`, published beside this file as `sweep.schema.json` (`npm run docs` writes it). Times are
 * UTC ms, rates and returns fractions, Sharpe ratios annual. Every object is strict: a key that is not listed here is not in
 * the contract.
 */
const trial = z.int().min(1)
const row = {
  rank: z.int().min(1).nullable(),
  trial,
  params,
  status: z.enum(['done', 'pruned', 'failed']),
  objective: figure,
  reason: z.string().nullable(),
  metrics,
}

const plateau = z.strictObject({
  kind: z.enum(['grid', 'nearest']),
  trial,
  peak: figure,
  neighbours: z.array(trial),
  finished: count,
  ties: z.strictObject({ trials: count, neighbours: count }),
  median: figure,
  worst: figure,
  kept: figure,
  along: z.array(
    z.strictObject({ name: z.string(), points: z.array(z.strictObject({ value, trial, objective: figure })) }),
  ),
})

const map = z.strictObject({
  x: z.string(),
  y: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.string()),
  cells: z.array(z.strictObject({ column: count, row: count, trials: count, best: figure, median: figure })),
})

export const SWEEP_SCHEMA: z.ZodType<SweepDocument> = z.strictObject({
  kind: z.literal('sweep'),
  subject: z.enum(['strategy', 'model']),
  ...searchDocument,
  reproduce: reproduced(z.union([RECORDED_SEARCH, RECORDED_MODEL_SEARCH])),
  trials: z.strictObject({ all: count, done: count, pruned: count, failed: count, excluded: count }),
  best: z.strictObject({ ...row, command: z.string(), edit: z.string().nullable() }).nullable(),
  heldOut: z
    .strictObject({
      ...{ from: time, to: time, objective: figure, reason: z.string().nullable(), metrics },
      ...{ learnt: count, purged: count },
    })
    .nullable(),
  table: z.array(z.strictObject(row)),
  spread: z
    .strictObject({ low: z.number(), q1: z.number(), median: z.number(), q3: z.number(), high: z.number() })
    .nullable(),
  plateau: plateau.nullable(),
  maps: z.array(map),
  overfitting: overfitting.nullable(),
})

/** The same as JSON Schema (draft 2020-12), for readers in other languages. */
export function sweepJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(SWEEP_SCHEMA)
  return { $schema, title: 'run.json of a sweep of klinelab', ...schema }
}
