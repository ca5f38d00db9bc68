import { expect, test } from 'vitest'
import { comparePaid } from '../../../src/runs/paper/parity-funding.ts'

const PAID = { type: 'funding', at: 0, symbol: 'BTCUSDT', rate: 0.0001, mark: 50_000, qty: 2, paid: 10 } as const

test.each([
  [
    'the account held another position',
    { paid: 15 },
    'foreign',
    /position that is not the session’s: changed by somebody else/,
  ],
  ['another mark', { mark: 51_000, paid: 10.2 }, 'funding', /at another mark price/],
  ['another rate', { rate: 0.0002, paid: 20 }, 'funding', /at another rate/],
  ['another position of the session', { qty: 1, paid: 5 }, 'funding', /on another position/],
  ['digits that are left off', { paid: 10.00000001 }, 'funding', /was rounded otherwise/],
] as const)('funding that differs, by its cause: %s', (_, own, cause, text) => {
  const [item, ...more] = comparePaid([{ ...PAID, ...own }], [PAID])
  expect(more).toEqual([])
  expect(item).toMatchObject({ cause, symbol: 'BTCUSDT' })
  expect(item!.text).toMatch(text)
})
