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

test('a strategy that is called so is meant, not one whose name begins so', () => {
  expect(find('plain')).toBe(join(out, 'plain-9033b35c1a7c'))
  expect(find('plain-two')).toBe(join(out, 'plain-two-26e3090d0b85'))
  // where none is, all that begin or end so
  expect(find('plainc')).toBe(join(out, 'plaincjs-0123456789ab'))
  expect(find('0d0b85')).toBe(join(out, 'plain-two-26e3090d0b85'))
  expect(() => find('plai')).toThrow('"plai" fits 3 runs')
  expect(() => find('other')).toThrow('"other" fits 2 runs')
})
