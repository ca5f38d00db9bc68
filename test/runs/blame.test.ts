import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/index.ts'
import { backtest, type Progress } from '../../src/runs/backtest.ts'
import { type Given, settle } from '../../src/runs/settings.ts'
import { ROOT } from '../cli/klinelab.ts'

const BTC = 'binance:BTCUSDT:1h'
const REQUEST = {
  strategy: join(ROOT, 'strategies', 'sma-cross.ts'),
  from: Date.UTC(2024, 0, 1),
  to: Date.UTC(2024, 1, 1),
}

const failureOf = (data: readonly string[], given: Given = {}, onProgress?: Progress) =>
  backtest({ ...REQUEST, data }, settle(given, { file: null, config: {} }, {}, ROOT), onProgress).then(
    () => null,
    (error: unknown) => error as Error,
  )

describe('who is to blame', () => {
  test.each<readonly [what: string, data: readonly string[], given: Given, says: RegExp]>([
    ['a series twice', [BTC, BTC], {}, /BTCUSDT is given twice/],
    ['a name that is no series', ['BTCUSDT'], {}, /is not a series/],
    ['less cash than there is a unit of', [BTC], { cash: 1e-9 }, /smallest unit of account/],
    ['a fee that is no rate', [BTC], { feeTaker: 1.5 }, /feeTaker 1\.5 is not a rate/],
  ])('%s: the command', async (_, data, given, says) => {
    const error = await failureOf(data, given)
    expect(error).toBeInstanceOf(UsageError)
    expect(error?.message).toMatch(says)
  })

  test('a RangeError out of the bar loop: not the command, whatever it says', async () => {
    const error = await failureOf([BTC], {}, () => {
      throw new RangeError('parameter fast is 0: it goes from 2 to 500')
    })
    expect(error).toBeInstanceOf(RangeError)
    expect(error).not.toBeInstanceOf(UsageError)
  })
})
