import { describe, expect, test } from 'vitest'
import type { Series } from '../../../src/core/series.ts'
import { Truth } from '../../servers/truth.ts'
import { at, playing, up } from './playing.ts'

const play = playing()

describe('holes', () => {
  test('are told when REST was asked twice and later bars are there', async () => {
    const venue = play({ truth: new Truth({ holes: [{ from: at(2), to: at(4) }] }) })
    await up(venue)
    await venue.play(at(0), at(2))
    await venue.clock.moveTo(at(5) + 500)
    venue.close(at(4))
    await venue.clock.moveTo(at(5) + 700)
    await venue.clock.moveTo(at(5) + 59_000)
    expect(venue.of('hole').map(({ from, to }) => [from, to])).toEqual([[at(2), at(4)]])
    expect(venue.of('hole')[0]!.why).toContain('asked twice')
    expect(venue.bars).toEqual(['0 stream', '1 stream', '4 stream'])
  })

  test('are not told before the second question, which comes after a pause', async () => {
    const venue = play({ truth: new Truth({ holes: [{ from: at(2), to: at(4) }] }) })
    await up(venue)
    await venue.play(at(0), at(2))
    venue.feed.disconnected('played')
    venue.restFault = 'network'
    await venue.clock.moveTo(at(5) + 500)
    venue.restFault = null
    const before = venue.asked.length
    venue.close(at(4))
    venue.feed.connected()
    await venue.clock.moveTo(at(5) + 600)
    // a new connection does not wait for the next try, which was up to a minute away
    expect(venue.asked.length).toBe(before + 1)
    expect(venue.of('hole')).toEqual([])
    await venue.clock.moveTo(at(5) + 2_499)
    expect(venue.of('hole')).toEqual([])
    await venue.clock.moveTo(at(6))
    expect(venue.asked.length).toBe(before + 2)
    expect(venue.of('hole').map(({ from, to }) => [from, to])).toEqual([[at(2), at(4)]])
    expect(venue.bars).toEqual(['0 stream', '1 stream', '4 stream'])
  })

  test('are told by the venue’s clock: what has not ended there has not been asked for', async () => {
    const thin: Series = { venue: 'coinbase', symbol: 'BTC-USD', interval: '1m' }
    const venue = play({ series: [thin], isNeverQuiet: false, omitsEmpty: true })
    await up(venue)
    venue.behind = 50_000
    await venue.clock.moveTo(at(1) + 45_000)
    expect(venue.asked.length).toBeGreaterThanOrEqual(2)
    expect(venue.of('hole')).toEqual([])
    await venue.clock.moveTo(at(2))
    expect(venue.bars).toEqual(['0 rest'])
  })

  test('of a thin market are no alarm: REST says that there is nothing, in two questions', async () => {
    const thin: Series = { venue: 'coinbase', symbol: 'BTC-USD', interval: '1m' }
    const venue = play({
      ...{ truth: new Truth({ holes: [{ from: at(1), to: at(6) }] }), series: [thin] },
      ...{ isNeverQuiet: false, omitsEmpty: true },
    })
    await up(venue)
    await venue.clock.moveTo(at(1) + 500)
    venue.close(at(0), thin)
    await venue.clock.moveTo(at(6) + 45_000)
    expect(venue.of('hole').map(({ from, to, why }) => [from, to, why.split(':')[0]])).toEqual(
      [1, 2, 3, 4, 5].map((minute) => [at(minute), at(minute + 1), 'no trades']),
    )
    expect(venue.of('silent')).toEqual([])
    expect(venue.asked).toHaveLength(10)
    // its holes are looked at again with the next question; a bar that comes after all is told, but not handed on
    venue.restLag = 0
    await venue.clock.moveTo(at(7) + 500)
    venue.close(at(6), thin)
    await venue.clock.moveTo(at(7) + 600)
    expect(venue.bars).toEqual(['0 stream', '6 stream'])
  })

  test('whose bar comes after all are told with the bar', async () => {
    const thin: Series = { venue: 'coinbase', symbol: 'BTC-USD', interval: '1m' }
    const venue = play({ series: [thin], isNeverQuiet: false, omitsEmpty: true })
    await up(venue)
    venue.restLag = 200_000
    await venue.clock.moveTo(at(1) + 31_000)
    expect(venue.of('hole').map(({ from }) => from)).toEqual([at(0)])
    venue.restLag = 0
    await venue.clock.moveTo(at(2) + 11_000)
    expect(venue.of('late')).toEqual([
      { kind: 'late', series: thin, openTime: at(0), by: 70_000, missed: venue.bar(at(0), thin) },
    ])
    expect(venue.bars).toEqual(['1 rest'])
  })

  test('before the horizon of a venue are told as that', async () => {
    const kraken: Series = { venue: 'kraken', symbol: 'XBTUSD', interval: '1m' }
    const truth = new Truth({ listedAt: at(-5) })
    const venue = play({
      truth,
      series: [kraken],
      isNeverQuiet: false,
      horizon: 6,
      pageRows: 5000,
      options: { from: () => at(-40_000) },
    })
    await up(venue)
    await venue.clock.moveTo(at(0) + 20_000)
    expect(venue.of('hole').at(-1)!.to).toBe(at(-5))
    expect(venue.of('hole').map(({ why }) => why)).toContain('kraken hands out the newest 6 bars only')
    let next = at(-40_000)
    for (const { from, to } of venue.of('hole')) {
      expect(from).toBe(next)
      next = to
    }
    expect(venue.bars).toEqual([-5, -4, -3, -2, -1].map((minute) => `${minute} rest`))
  })
})
