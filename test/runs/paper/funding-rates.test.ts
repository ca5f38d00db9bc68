import { expect, test } from 'vitest'
import type { FeedEvent } from '../../../src/runs/paper/feed.ts'
import { FundingRates } from '../../../src/runs/paper/funding-rates.ts'
import { ManualClock } from '../../data/stream/manual-clock.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2024, 5, 3, 6, 30)
const at = (text: string) => Date.parse(`2024-06-03T${text}Z`)

async function watched() {
  const clock = new ManualClock(T0)
  const asked: string[] = []
  let fault: Error | null = null
  const rates = new FundingRates({
    clock,
    slots: [{ slot: 1, symbol: 'BTCUSDT', since: T0 - 30 * 60_000 }],
    // every eight hours, stated five seconds late and stamped with some ms
    ask: async (_, from, to) => {
      asked.push(new Date(clock.now()).toISOString().slice(11, 19))
      if (fault !== null) throw fault
      return [at('00:00:00'), at('08:00:00'), at('16:00:00')]
        .filter((time) => time >= from && time < to && time + 5000 <= clock.now())
        .map((time) => ({ time: time + 7, rate: '0.0001', mark: '60000.5' }))
    },
  })
  await rates.ready
  const told: FeedEvent[] = []
  const take = (text: string) =>
    rates
      .take(at(text), (event) => told.push(event))
      .map(({ time, ...one }) => ({ ...one, hours: (time - at('00:00:00')) / HOUR }))
  return { clock, asked, rates, told, take, fail: (error: Error | null) => (fault = error) }
}

test('a rate is asked for after its hour, and handed out once, with the first bar that closes after it', async () => {
  const { clock, asked, rates, told, take } = await watched()
  await clock.moveTo(at('08:00:57'))
  expect(asked).toEqual([
    '06:30:00',
    '07:00:08',
    '07:00:16',
    '07:00:24',
    '07:00:32',
    '07:00:40',
    '07:00:48',
    '07:00:56',
    '08:00:08',
  ])
  // a bar that closes at the hour is before it
  expect(take('08:00:00')).toEqual([])
  expect(take('08:01:00')).toEqual([{ slot: 1, hours: 8, rate: 0.0001, mark: 60000.5 }])
  expect(take('08:02:00')).toEqual([])
  expect(told).toEqual([])
  rates.stop()
  expect(clock.pending).toBe(0)
})

test('one that could not be had in time is told of, asked for again, and comes with a later bar', async () => {
  const { clock, told, take, fail } = await watched()
  await clock.moveTo(at('07:30:00'))
  fail(new Error('no network'))
  await clock.moveTo(at('08:00:58'))
  expect(take('08:01:00')).toEqual([])
  expect(told).toEqual([{ kind: 'no-funding', slot: 1, time: at('08:00:00'), why: 'no network' }])
  fail(null)
  await clock.moveTo(at('08:01:30'))
  expect(take('08:02:00')).toEqual([{ slot: 1, hours: 8, rate: 0.0001, mark: 60000.5 }])
  expect(told).toHaveLength(1)
})
