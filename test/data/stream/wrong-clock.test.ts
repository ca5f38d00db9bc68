import { afterEach, describe, expect, test } from 'vitest'
import { VENUES } from '../../../src/core/series.ts'
import { openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { restSide } from '../../../src/data/stream/rest-side.ts'
import { SYSTEM_CLOCK } from '../../../src/data/stream/stream-clock.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import { whenFileEnds } from '../../endings.ts'
import { NOW_THERE, startVenueServer } from '../../servers/venue-server.ts'
import { BTC, MINUTE, PlayedVenue, T0 } from './played-venue.ts'

const at = (minutes: number) => T0 + minutes * MINUTE
const open: PlayedVenue[] = []
const play = (...args: ConstructorParameters<typeof PlayedVenue>) => {
  const venue = new PlayedVenue(...args)
  open.push(venue)
  return venue
}
const up = async (venue: PlayedVenue) => {
  await venue.clock.moveTo(venue.clock.now())
  venue.feed.connected()
}
afterEach(() => Promise.all(open.splice(0).map((venue) => venue.stream.close())))

describe('a venue whose messages do not say what time it is', () => {
  const clockless = () => play({ isNeverQuiet: false, hasClock: false })

  test('is asked for it once a minute, and our clock is found to be behind', async () => {
    const venue = clockless()
    venue.behind = -90_000
    await up(venue)
    expect(venue.of('clock')).toEqual([{ kind: 'clock', venue: 'binance', ahead: 90_000 }])
    // has begun there, and not here
    venue.feed.bar(BTC, venue.bar(at(0)), true, null)
    await venue.clock.moveTo(at(0) + 1000)
    expect(venue.bars).toEqual(['0 stream'])
    await venue.clock.moveTo(at(3))
    expect(venue.askedTime).toEqual([at(0), at(1), at(2), at(3)])
    expect(venue.of('clock')).toHaveLength(1)
  })

  test('is asked for it once a minute, and our clock is found to be ahead', async () => {
    const venue = clockless()
    venue.behind = 90_000
    await up(venue)
    expect(venue.of('clock')).toEqual([])
    await venue.clock.moveTo(at(1))
    expect(venue.of('clock')).toEqual([{ kind: 'clock', venue: 'binance', ahead: -90_000 }])
    // half a second after its close there
    await venue.clock.moveTo(at(2) + 30_500)
    venue.close(at(0))
    await venue.clock.moveTo(at(2) + 31_000)
    expect([venue.bars, venue.of('late')]).toEqual([['0 stream'], []])
  })

  test('is not misjudged by answers that were long underway, and asked again where it does not answer', async () => {
    const venue = clockless()
    venue.timeTakes = 20_000
    await up(venue)
    await venue.clock.moveTo(at(2))
    venue.timeTakes = null
    await venue.clock.moveTo(at(8))
    // every half minute, of which twenty seconds are the answer's, and then once a minute
    const minutes = venue.askedTime.map((time) => (time - T0) / MINUTE)
    expect(minutes).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5])
    expect([venue.of('clock'), venue.of('ended')]).toEqual([[], []])
    await venue.stream.close()
    const asked = venue.askedTime.length
    await venue.clock.moveTo(at(20))
    expect([venue.askedTime.length, venue.clock.pending]).toEqual([asked, 0])
  })

  test.each(VENUES)('says it by REST: %s', async (venue) => {
    const server = await startVenueServer()
    whenFileEnds(() => server.close())
    const { origin } = server
    const rest = restSide(() => openVenueHttp(venueApi(venue), { origin, isUnlimited: true }), origin, SYSTEM_CLOCK)
    const said = await rest.time(AbortSignal.timeout(10_000))
    // Kraken tells whole seconds
    expect(Math.abs(said - NOW_THERE)).toBeLessThan(1000)
  })

  test('is not asked where its messages say it', async () => {
    const venue = play()
    await up(venue)
    await venue.clock.moveTo(at(3))
    expect(venue.askedTime).toEqual([])
  })
})

describe('bars of a stream', () => {
  test('are judged by the clock of the venue where it has one: ours may be behind', async () => {
    const venue = play({ options: { from: () => at(1) } })
    await up(venue)
    const behind = 90_000
    for (const minute of [1, 2, 3]) {
      await venue.clock.moveTo(at(minute + 1) + 500 - behind)
      venue.feed.time(venue.clock.now() + behind)
      // has not begun there
      venue.close(at(minute + 2))
      venue.close(at(minute))
    }
    await venue.clock.moveTo(venue.clock.now() + 1)
    expect(venue.bars).toEqual(['1 stream', '2 stream', '3 stream'])
    expect(venue.of('clock')).toEqual([{ kind: 'clock', venue: 'binance', ahead: behind }])
    expect([venue.of('late'), venue.of('silent'), venue.asked]).toEqual([[], [], []])
  })

  test('are judged by the clock of the venue where it has one: ours may be ahead', async () => {
    const venue = play()
    venue.behind = 90_000
    await up(venue)
    for (let k = 0; k < 40; k++) {
      await venue.clock.moveTo(at(0) + k * 2_000)
      // one word in ten is slow
      venue.feed.time(venue.clock.now() - venue.behind - (k % 10 === 9 ? 8_000 : 50))
      if (k < 30) expect(venue.of('clock')).toEqual([])
    }
    expect(venue.of('clock')).toEqual([{ kind: 'clock', venue: 'binance', ahead: -90_050 }])
    const asked = venue.asked.length
    // half a second after its close there, a minute and a half later here
    await venue.clock.moveTo(at(1) + 90_500)
    venue.close(at(0))
    await venue.clock.moveTo(at(1) + 90_600)
    expect(venue.bars).toEqual(['0 stream'])
    expect(venue.of('late')).toEqual([])
    expect(venue.asked.length).toBe(asked)
  })

  test('words that are slow, or off by seconds, are no fault of a clock', async () => {
    const venue = play()
    await up(venue)
    for (let k = 0; k < 100; k++) {
      await venue.clock.moveTo(at(0) + k * 2_000)
      venue.feed.time(venue.clock.now() + (k % 5 === 2 ? 4_000 : -20_000))
    }
    expect(venue.of('clock')).toEqual([])
  })

  test('are handed on by a machine whose clock is behind: that a bar has ended is the venue’s to say', async () => {
    const venue = play()
    await up(venue)
    await venue.clock.moveTo(at(0) + 1000)
    // ninety seconds and more behind
    for (const minute of [0, 1, 2]) venue.close(at(minute))
    await venue.clock.moveTo(at(0) + 2000)
    expect(venue.bars).toEqual(['0 stream', '1 stream', '2 stream'])
    venue.feed.bar(BTC, { ...venue.bar(at(3)), openTime: at(3) + 40 * 24 * 60 * MINUTE }, true, null)
    await venue.clock.moveTo(at(0) + 3000)
    expect(venue.bars).toHaveLength(3)
  })
})
