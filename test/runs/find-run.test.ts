import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRun } from '../../src/runs/load-run.ts'
import { scratch } from '../cli/klinelab.ts'

const NAMES = [
  'plain-9033b35c1a7c',
  'plain-two-26e3090d0b85',
  'plaincjs-0123456789ab',
  'other-00000000000a',
  'other-00000000000b',
]
const out = scratch(Object.fromEntries(NAMES.map((name) => [`${name}/run.json`, '{}'])))
const find = (name: string) => findRun(name, out, out)

test('a folder that was given another name is found by both', () => {
  const run = {
    ...{ run: 'dip-0123456789ab', strategy: 'dip', params: {}, data: [], range: {}, engine: {}, metrics: {} },
    reproduce: {},
  }
  const shelf = scratch({
    'sample/run.json': JSON.stringify(run),
    'damaged/run.json': '{',
    'sma-00000000000a/run.json': '{}',
  })
  const dir = join(shelf, 'sample')
  for (const name of ['sample', 'dip', 'dip-0123456789ab', '789ab']) expect(findRun(name, shelf, shelf)).toBe(dir)
  expect(findRun('dama', shelf, shelf)).toBe(join(shelf, 'damaged'))
  expect(() => findRun('dup', shelf, shelf)).toThrow(/there are: .*dip-0123456789ab/)
  // by part of the folder's name too
  expect(findRun('sam', shelf, shelf)).toBe(dir)
  // a copy does not hide what it is a copy of
  const both = scratch({ 'copy/run.json': JSON.stringify(run), 'dip-0123456789ab/run.json': JSON.stringify(run) })
  expect(findRun('dip', both, both)).toBe(join(both, 'dip-0123456789ab'))
})

test('a strategy that is called so is meant, not one whose name begins so', () => {
  expect(find('plain')).toBe(join(out, 'plain-9033b35c1a7c'))
  expect(find('plain-two')).toBe(join(out, 'plain-two-26e3090d0b85'))
  // where none is, all that begin or end so
  expect(find('plainc')).toBe(join(out, 'plaincjs-0123456789ab'))
  expect(find('0d0b85')).toBe(join(out, 'plain-two-26e3090d0b85'))
  expect(() => find('plai')).toThrow('"plai" fits 3 runs')
  expect(() => find('other')).toThrow('"other" fits 2 runs')
})
