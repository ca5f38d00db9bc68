import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EVALUATION_SCHEMA, evaluationJsonSchema } from '../../src/report/evaluation-schema.ts'
import { ROOT } from '../cli/klinelab.ts'
import { madeEvaluation } from './made-evaluation.ts'

const two = madeEvaluation({ rows: 900, folds: 2 }).document

describe('the schema of a model’s run.json', () => {
  test.each([
    ['two classes', two],
    [
      'three classes, a fold of one class',
      madeEvaluation({ rows: 900, folds: 2, classes: 3, oneClassFold: 1 }).document,
    ],
    [
      'nothing learnt in steps, no importance, no best',
      madeEvaluation({ rows: 900, folds: 1, steps: 0, hasImportance: false, minTrades: 1e6 }).document,
    ],
  ])('an evaluation fits it, as it is read back from its file: %s', (_, document) => {
    expect(EVALUATION_SCHEMA.safeParse(JSON.parse(JSON.stringify(document))).error?.issues ?? []).toEqual([])
  })

  test('a key that is missing, misspelt, or of another kind does not fit', () => {
    const { seed, ...without } = two
    const [one] = two.series
    const { verdicts, ...speechless } = one!
    const unlearnt = { ...one, folds: one!.folds.map((fold) => ({ ...fold, rows: { ...fold.rows, learnt: -1 } })) }
    const nan = { ...one, pooled: { ...one!.pooled, metrics: { auc: Number.NaN } } }
    const wrong = [
      ...[without, { ...without, sed: seed }, { ...two, seed: '7' }, { ...two, classes: 4 }, { ...two, more: 1 }],
      ...[speechless, { ...speechless, verdicts: verdicts[0] }, unlearnt, nan].map((series) => ({
        ...two,
        series: [series],
      })),
    ]
    for (const document of wrong) expect(EVALUATION_SCHEMA.safeParse(document).success).toBe(false)
  })

  test('the published JSON Schema is that of the code; `npm run docs` writes it', () => {
    const published = JSON.parse(readFileSync(join(ROOT, 'src', 'report', 'evaluation.schema.json'), 'utf8'))
    expect(published).toEqual(JSON.parse(JSON.stringify(evaluationJsonSchema())))
    expect(Object.keys(published.properties).sort()).toEqual(Object.keys(two).sort())
  })
})
