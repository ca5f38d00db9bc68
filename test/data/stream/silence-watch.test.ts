import { describe, expect, test } from 'vitest'
import type { LiveEvent } from '../../../src/data/stream/live.ts'
import { SilenceWatch } from '../../../src/data/stream/silence-watch.ts'
import { BTC, MINUTE, T0 } from './played-venue.ts'

const SILENCE = 20_000

/** A feed of minutes that is up, by a market's clock and by ours. */
function watched(hasOwn: boolean) {
  const time = { market: T0, here: 0 }
  const told: LiveEvent['kind'][] = []
  const watch = new SilenceWatch({
    ...{ series: BTC, silence: SILENCE, isNeverQuiet: true, tell: ({ kind }) => told.push(kind) },
    clock: {
      now: () => time.market,
      after: () => () => undefined,
      ...(hasOwn && { here: () => time.here }),
    },
  })
  watch.connected()
  return { time, told, watch }
}

describe('silence', () => {
  test('is a bar and some patience without a word', () => {
    const { time, told, watch } = watched(false)
    time.market += MINUTE + SILENCE - 1
    expect(watch.check()).toBe(T0 + MINUTE + SILENCE)
    expect(told).toEqual([])
    time.market += 1
    expect(watch.check()).toBeNull()
    expect(told).toEqual(['silent'])
    watch.heard()
    expect(told).toEqual(['silent', 'heard'])
  })

  test('where time goes faster than here lasts by our clock, too: the market is hours on whenever it is heard of', () => {
    const { time, told, watch } = watched(true)
    for (let k = 0; k < 5; k++) {
      // a second here is an hour there, and its time is asked for once a second
      time.here += 1000
      time.market += 60 * MINUTE
      expect(watch.check()).toBe(time.market + SILENCE - 1000)
      watch.heard()
    }
    expect(told).toEqual([])
    time.here += SILENCE - 1
    time.market += 20 * 60 * MINUTE
    expect(watch.check()).toBe(time.market + 1)
    time.here += 1
    watch.check()
    expect(told).toEqual(['silent'])
  })

  test('is none while the market stands still', () => {
    const { time, told, watch } = watched(true)
    time.here += 60 * MINUTE
    expect(watch.check()).toBe(T0 + MINUTE + SILENCE)
    expect(told).toEqual([])
  })
})
