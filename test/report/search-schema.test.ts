import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SWEEP_SCHEMA, sweepJsonSchema } from '../../src/report/sweep-schema.ts'
import { WALK_FORWARD_SCHEMA, walkForwardJsonSchema } from '../../src/report/walk-forward-schema.ts'
import { ROOT } from '../cli/klinelab.ts'
import { MANY, madeSweep } from './made-sweep.ts'
import { madeWalkForward } from './made-walk-forward.ts'

const readBack = (document: unknown): unknown => JSON.parse(JSON.stringify(document))
const published = (name: string) => JSON.parse(readFileSync(join(ROOT, 'src', 'report', `${name}.schema.json`), 'utf8'))
const ONE = { name: 'period', kind: 'int', from: 5, to: 50, step: 5, isLog: false } as const

const sweep = madeSweep().document
const walk = madeWalkForward().document

describe('the schema of a sweep’s run.json', () => {
  test.each([
    ['a grid', sweep],
    [
      'every kind of parameter, failed and given up',
      madeSweep({ dimensions: MANY, drawn: 300, failEvery: 7, pruneEvery: 4 }).document,
    ],
    ['one parameter of a model', madeSweep({ dimensions: [ONE], subject: 'model' }).document],
    ['nothing was done', madeSweep({ failEvery: 1 }).document],
  ])('a sweep fits it, as it is read back from its file: %s', (_, document) => {
    expect(SWEEP_SCHEMA.safeParse(readBack(document)).error?.issues ?? []).toEqual([])
  })

  test('a key that is missing, misspelt, or of another kind does not fit', () => {
    const { seed, ...seedless } = sweep.search
    const [row] = sweep.table
    const [map] = sweep.maps
    const { verdict, ...speechless } = sweep.overfitting!
    const wrong = [
      ...[{ kind: 'walk-forward' }, { more: 1 }, { subject: 'both' }, { trials: { ...sweep.trials, done: -1 } }],
      ...[
        seedless,
        { ...seedless, sead: seed },
        { ...sweep.search, method: 'guess' },
        { ...sweep.search, batch: 0 },
      ].map((search) => ({ search })),
      ...[
        { kind: 'int', name: 'fast', from: 1, to: 2 },
        { kind: 'list', name: 'fast', values: [] },
        { kind: 'list', name: 'fast', values: [null] },
      ].map((one) => ({
        search: { ...sweep.search, dimensions: [one] },
      })),
      ...[{ rank: 0 }, { status: 'lost' }, { objective: '1' }, { metrics: { sharpe: Number.NaN } }].map((change) => ({
        table: [{ ...row, ...change }],
      })),
      { maps: [{ ...map, cells: [{ ...map!.cells[0], median: undefined }] }] },
      ...[speechless, { ...speechless, verdict, tone: 'fine' }, { ...sweep.overfitting, deflated: 1.2 }].map(
        (overfitting) => ({ overfitting }),
      ),
      { best: { ...sweep.best, command: 7 } },
    ]
    for (const change of wrong)
      expect(SWEEP_SCHEMA.safeParse({ ...sweep, ...change }).success, JSON.stringify(change).slice(0, 200)).toBe(false)
  })

  test('the published JSON Schema is that of the code; `npm run docs` writes it', () => {
    expect(published('sweep')).toEqual(readBack(sweepJsonSchema()))
    expect(Object.keys(published('sweep').properties).sort()).toEqual(Object.keys(sweep).sort())
  })
})

describe('the schema of a walk-forward’s run.json', () => {
  test.each([
    ['rolling', walk],
    [
      'anchored, a window without a choice',
      madeWalkForward({ kind: 'anchored', idleWindow: 2, dimensions: MANY }).document,
    ],
    ['no window at all, nothing said of luck', madeWalkForward({ windows: 0, overfitting: null }).document],
  ])('a walk-forward fits it, as it is read back from its file: %s', (_, document) => {
    expect(WALK_FORWARD_SCHEMA.safeParse(readBack(document)).error?.issues ?? []).toEqual([])
  })

  test('a key that is missing, misspelt, or of another kind does not fit', () => {
    const [window] = walk.windows
    const { embargo, ...plan } = walk.plan
    const wrong = [
      ...[{ kind: 'sweep' }, { more: 1 }, { profitable: 1.5 }, { metrics: { sharpe: Number.NaN } }],
      ...[plan, { ...plan, embargo: 5 }, { ...plan, embargo, kind: 'sliding' }].map((one) => ({ plan: one })),
      ...[
        { window: 0 },
        { chosen: 'fast=1' },
        { test: { from: 1 } },
        { outOfSample: { objective: 1, metrics: {} } },
      ].map((change) => ({
        windows: [{ ...window, ...change }],
      })),
      { stability: [{ ...walk.stability[0], kept: 2 }] },
    ]
    for (const change of wrong)
      expect(WALK_FORWARD_SCHEMA.safeParse({ ...walk, ...change }).success, JSON.stringify(change).slice(0, 200)).toBe(
        false,
      )
  })

  test('the published JSON Schema is that of the code; `npm run docs` writes it', () => {
    expect(published('walk-forward')).toEqual(readBack(walkForwardJsonSchema()))
    expect(Object.keys(published('walk-forward').properties).sort()).toEqual(Object.keys(walk).sort())
  })
})
