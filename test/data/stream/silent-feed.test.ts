import { describe, expect, test } from 'vitest'
import type { Series } from '../../../src/core/series.ts'
import { Truth } from '../../servers/truth.ts'
import { BTC, MINUTE } from './played-venue.ts'
import { at, playing, up } from './playing.ts'

const play = playing()

describe('a feed that says nothing', () => {
  test('alarms once, REST brings the bars meanwhile, and its first word ends it', async () => {
    const venue = play()
    await up(venue)
    await venue.play(at(0), at(1))
    await venue.clock.moveTo(at(6))
    expect(venue.of('silent')).toEqual([{ kind: 'silent', series: BTC, since: at(1) + 500, allowed: 90_000 }])
    expect(venue.bars).toEqual(['0 stream', '1 rest', '2 rest', '3 rest', '4 rest'])
    venue.feed.bar(BTC, venue.bar(at(6)), false, null)
    await venue.clock.moveTo(at(6) + 100)
    expect(venue.of('heard')).toEqual([{ kind: 'heard', series: BTC, after: 5 * MINUTE - 500 }])
    await venue.clock.moveTo(at(9))
    expect(venue.of('silent')).toHaveLength(2)
  })

  test('that may be quiet alarms where REST shows trades that it did not tell', async () => {
    const kraken: Series = { venue: 'kraken', symbol: 'XBTUSD', interval: '1m' }
    const venue = play({ series: [kraken], isNeverQuiet: false })
    await up(venue)
    await venue.clock.moveTo(at(1) + 29_999)
    expect(venue.of('silent')).toEqual([])
    await venue.clock.moveTo(at(1) + 30_000)
    expect(venue.of('silent').map(({ since }) => since)).toEqual([at(0)])
  })

  test('that may be quiet does not alarm where REST has flat bars only', async () => {
    const kraken: Series = { venue: 'kraken', symbol: 'XBTUSD', interval: '1m' }
    const venue = play({ truth: new Truth({ quietEvery: 1 }), series: [kraken], isNeverQuiet: false })
    await up(venue)
    await venue.clock.moveTo(at(9))
    expect(venue.of('silent')).toEqual([])
    expect(venue.bars).toHaveLength(8)
  })

  test('that may be quiet alarms where its connection is lost, whatever REST has', async () => {
    const kraken: Series = { venue: 'kraken', symbol: 'XBTUSD', interval: '1m' }
    const venue = play({ truth: new Truth({ quietEvery: 1 }), series: [kraken], isNeverQuiet: false })
    await up(venue)
    venue.feed.disconnected('played')
    await venue.clock.moveTo(at(3))
    expect(venue.of('silent').map(({ since }) => since)).toEqual([at(0)])
  })

  test('alarms where REST cannot be asked either', async () => {
    const kraken: Series = { venue: 'kraken', symbol: 'XBTUSD', interval: '1m' }
    const venue = play({ series: [kraken], isNeverQuiet: false })
    await up(venue)
    venue.restFault = 'network'
    await venue.clock.moveTo(at(5))
    expect(venue.of('silent')).toHaveLength(1)
    expect(venue.bars).toEqual([])
    expect(venue.ended).toBe('no')
  })
})
