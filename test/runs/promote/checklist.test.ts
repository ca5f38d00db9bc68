import { expect, test } from 'vitest'
import { GATE, type GateName, isOpen, judge, type Measured } from '../../../src/runs/promote/checklist.ts'

const fine: Measured = { figure: 1, threshold: 0, must: 'at least', unit: 'count', words: '' }
const all = (other: Partial<Record<GateName, Measured>> = {}) =>
  ({ ...Object.fromEntries(GATE.map((name) => [name, fine])), ...other }) as Record<GateName, Measured>
const verdict = (measured: Partial<Measured>) =>
  judge(all({ 'enough-trades': { ...fine, ...measured } }), {}).find(({ name }) => name === 'enough-trades')!.passed

test('a figure on its mark passes, unless it must be above it', () => {
  expect(verdict({ figure: 30, threshold: 30, must: 'at least' })).toBe(true)
  expect(verdict({ figure: 29, threshold: 30, must: 'at least' })).toBe(false)
  expect(verdict({ figure: 0.001, threshold: 0.001, must: 'at most' })).toBe(true)
  expect(verdict({ figure: 0.0011, threshold: 0.001, must: 'at most' })).toBe(false)
  expect(verdict({ figure: 0, threshold: 0, must: 'above' })).toBe(false)
  expect(verdict({ figure: 0.0001, threshold: 0, must: 'above' })).toBe(true)
})

test('what is not known does not pass, whatever must be', () => {
  for (const must of ['at least', 'at most', 'above'] as const)
    for (const figure of [null, Number.NaN]) expect(verdict({ figure, must })).toBe(false)
})

test('the gate is open where every check passed or has a reason, and a reason is kept only where it was needed', () => {
  const short = all({ 'paper-days': { ...fine, figure: null } })
  expect(isOpen(judge(short, {}))).toBe(false)
  const overridden = judge(short, { 'paper-days': 'live elsewhere since March', 'clean-data': 'looked at by hand' })
  expect(isOpen(overridden)).toBe(true)
  expect(overridden.filter(({ override }) => override !== null)).toMatchObject([
    { name: 'paper-days', passed: false, override: 'live elsewhere since March' },
  ])
})

test('a reason for what is no check, or none at all, is refused', () => {
  expect(() => judge(all(), { 'paper-day': 'x' })).toThrow('did you mean "paper-days"?')
  for (const none of [' ', 'x', 'because   ', ' '.repeat(20)])
    expect(() => judge(all(), { 'paper-days': none })).toThrow(
      `--override paper-days: "${none.trim()}" says nothing to whoever reads it later: write in 10 characters or more why, such as --override paper-days='traded`,
    )
})
