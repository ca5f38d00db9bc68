import { expect, test } from 'vitest'
import type { Bars } from '../../../src/core/bar.ts'
import type { FeedEvent } from '../../../src/runs/paper/feed.ts'
import { replayFeed } from '../../../src/runs/paper/replay-feed.ts'
import { ManualClock } from '../../data/stream/manual-clock.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2024, 0, 1)

/** Hourly bars that open at these hours. */
function bars(symbol: string, hours: readonly number[]): Bars {
  const column = (of: (hour: number) => number) => Float64Array.from(hours, of)
  return {
    ...{ series: { venue: 'binance-usdm', symbol, interval: '1h' }, length: hours.length, priceDecimals: 0 },
    ...{ openTime: column((hour) => T0 + hour * HOUR), open: column((hour) => 100 + hour), volume: column(() => 1) },
    ...{ high: column((hour) => 110 + hour), low: column((hour) => 90 + hour), close: column((hour) => 101 + hour) },
  }
}

// from hour 3 on nothing for two hours, in which funding falls due
const SLOTS = [
  {
    bars: bars('A', [0, 1, 2, 5, 6]),
    marks: null,
    funding: {
      time: Float64Array.of(T0, T0 + 2 * HOUR, T0 + 4 * HOUR, T0 + 6 * HOUR),
      rate: Float64Array.of(1e-4, 2e-4, 3e-4, 4e-4),
      mark: Float64Array.of(100, Number.NaN, 104, 106),
    },
  },
  { bars: bars('B', [1, 2, 3]), marks: null, funding: null },
]

async function told(from: number, after: number, clock = new ManualClock(0), speed: number | 'max' = 'max') {
  const events: FeedEvent[] = []
  const feed = replayFeed(SLOTS, { from: T0 + from * HOUR, after: T0 + after * HOUR, speed, clock })
  for await (const event of feed) events.push(event)
  return events.map((event) => {
    if (event.kind !== 'instant') return event.kind
    const rates = event.funding.map(({ time, mark }) => ` +${(time - T0) / HOUR}@${mark}`).join('')
    return `${(event.at - T0) / HOUR}:${event.bars.map(({ slot, open }) => ` ${'AB'[slot]}${open}`).join('')}${rates}`
  })
}

test('each instant has the bars that close at it, and the funding that fell due before their closes', async () => {
  expect(await told(1, 0)).toEqual([
    '2: A101 B101',
    '3: A102 B102 +2@null',
    '4: B103',
    '6: A105 +4@104',
    '7: A106 +6@106',
  ])
})

test('from any instant on the rest is the same, across a gap too', async () => {
  const whole = await told(0, 0)
  for (const at of [1, 2, 3, 4, 6, 7])
    expect(await told(0, at)).toEqual(whole.filter((text) => Number.parseInt(text, 10) > at))
})

test('so much faster than in life: hours of a minute each', async () => {
  const clock = new ManualClock(0)
  let heard: string[] | null = null
  void told(1, 0, clock, 60).then((all) => {
    heard = all
  })
  // the first at once, the last five hours later
  await clock.moveTo(5 * 60_000 - 1)
  expect(heard).toBeNull()
  await clock.moveTo(5 * 60_000)
  expect(heard).toHaveLength(5)
})
