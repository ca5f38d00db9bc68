import { z } from 'zod'
import type { WalkForwardDocument } from '../core/search.ts'
import {
  count,
  figure,
  metrics,
  overfitting,
  PLAN,
  params,
  RECORDED_WALK_FORWARD,
  reproduced,
  searchDocument,
  time,
  value,
} from './search-schema.ts'

/**
 * The schema of a walk-forward's `run.json`, published beside this file as `walk-forward.schema.json` (`npm run docs` writes
 * it). Times are UTC ms, rates and returns fractions, Sharpe ratios annual. Every object is strict: a key that is not listed
 * here is not in the contract.
 */
const stretch = z.strictObject({ from: time, to: time })

const walk = z.strictObject({
  window: z.int().min(1),
  train: stretch,
  test: stretch,
  trials: count,
  failed: count,
  chosen: params.nullable(),
  reason: z.string().nullable(),
  inSample: z.strictObject({ objective: figure, metrics }).nullable(),
  outOfSample: z
    .strictObject({ objective: figure, metrics, startEquity: z.number(), endEquity: z.number() })
    .nullable(),
  command: z.string().nullable(),
})

export const WALK_FORWARD_SCHEMA: z.ZodType<WalkForwardDocument> = z.strictObject({
  kind: z.literal('walk-forward'),
  ...searchDocument,
  reproduce: reproduced(RECORDED_WALK_FORWARD),
  plan: PLAN,
  windows: z.array(walk),
  metrics,
  inSample: metrics,
  efficiency: figure,
  profitable: z.number().min(0).max(1).nullable(),
  stability: z.array(
    z.strictObject({
      name: z.string(),
      values: z.array(value.nullable()),
      kept: z.number().min(0).max(1).nullable(),
      movement: figure,
    }),
  ),
  peer: metrics,
  overfitting: overfitting.nullable(),
})

/** The same as JSON Schema (draft 2020-12), for readers in other languages. */
export function walkForwardJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(WALK_FORWARD_SCHEMA)
  return { $schema, title: 'run.json of a walk-forward of klinelab', ...schema }
}
