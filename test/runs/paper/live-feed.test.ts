import { afterEach, describe, expect, test } from 'vitest'
import type { Series } from '../../../src/core/series.ts'
import type { FeedEvent, PaperFeed } from '../../../src/runs/paper/feed.ts'
import { liveFeed } from '../../../src/runs/paper/live-feed.ts'
import { BTC, MINUTE, PlayedVenue, T0 } from '../../data/stream/played-venue.ts'

const ETH: Series = { ...BTC, symbol: 'ETHUSDT' }
const at = (minutes: number) => T0 + minutes * MINUTE
const open: PaperFeed[] = []
afterEach(() => Promise.all(open.splice(0).map((feed) => feed.close())))

interface Played {
  readonly next?: number
  readonly after?: number
  /** A clock of ours beside that of the market. */
  readonly here?: () => number
}

async function play({ next = at(0), after = 0, here }: Played = {}) {
  const venue = new PlayedVenue({ series: [BTC, ETH], isRead: false, options: { from: () => next } })
  const feed = liveFeed(venue.stream, {
    ...{ series: [BTC, ETH], next: [next, next], after, grace: 15_000 },
    clock: {
      now: () => venue.clock.now(),
      after: (ms, act) => venue.clock.after(ms, act),
      ...(here !== undefined && { here }),
    },
  })
  open.push(feed)
  const events: FeedEvent[] = []
  void (async () => {
    for await (const event of feed) events.push(event)
  })()
  await venue.clock.moveTo(at(0))
  venue.feed.connected()
  await venue.clock.moveTo(at(0))
  const said = () =>
    events.flatMap((event) => {
      const minutes = (time: number) => (time - T0) / MINUTE
      if (event.kind === 'instant')
        return [`${minutes(event.at)}: ${event.bars.map(({ slot }) => 'BE'[slot]).join('')} ${event.how}`]
      if (event.kind === 'passed') return [`${minutes(event.at)}: ${'BE'[event.slot]} passed`]
      if (event.kind === 'late')
        return [`${minutes(event.at)}: ${'BE'[event.bar.slot]} too late by ${event.by / 1000} s`]
      return []
    })
  return { venue, events, said }
}

describe('bars of several series', () => {
  test('that close together are handed on together, when the last of them has come, in declared order', async () => {
    const { venue, said, events } = await play()
    await venue.clock.moveTo(at(1) + 200)
    venue.close(at(0), ETH)
    await venue.clock.moveTo(at(1) + 900)
    expect(said()).toEqual([])
    venue.close(at(0))
    await venue.clock.moveTo(at(1) + 900)
    expect(said()).toEqual(['1: BE live'])
    const { open, high, low, close, volume } = venue.bar(at(0), ETH)
    expect(events.find(({ kind }) => kind === 'instant')).toMatchObject({
      at: at(1),
      bars: [
        { slot: 0 },
        { slot: 1, openTime: at(0), ...{ open: +open, high: +high, low: +low, close: +close, volume: +volume } },
      ],
    })
  })

  test('one that does not come within the grace is passed over, told once, and never applied when it comes', async () => {
    const { venue, said } = await play()
    venue.restFaultOf = ETH
    venue.restFault = 'network'
    await venue.clock.moveTo(at(1) + 500)
    venue.close(at(0))
    await venue.clock.moveTo(at(1) + 14_999)
    expect(said()).toEqual([])
    await venue.clock.moveTo(at(1) + 15_000)
    expect(said()).toEqual(['1: E passed', '1: B live'])
    // it is known to be absent: nobody waits for it
    await venue.clock.moveTo(at(2) + 500)
    venue.close(at(1))
    await venue.clock.moveTo(at(2) + 500)
    expect(said().slice(2)).toEqual(['2: B live'])
    await venue.clock.moveTo(at(2) + 600)
    venue.restFault = null
    venue.close(at(0), ETH)
    venue.close(at(1), ETH)
    await venue.clock.moveTo(at(2) + 600)
    expect(said().slice(3)).toEqual(['1: E too late by 60.6 s', '2: E too late by 0.6 s'])
    // and is waited for again
    await venue.clock.moveTo(at(3) + 500)
    venue.close(at(2))
    await venue.clock.moveTo(at(3) + 5000)
    venue.close(at(2), ETH)
    await venue.clock.moveTo(at(3) + 5000)
    expect(said().slice(5)).toEqual(['3: BE live'])
  })

  test('where time goes faster than here the grace is given by our own clock, too', async () => {
    let ours = 0
    const { venue, said } = await play({ here: () => ours })
    venue.restFaultOf = ETH
    venue.restFault = 'network'
    // heard of late, as a clock that is asked now and then has it
    await venue.clock.moveTo(at(1) + 14_900)
    venue.close(at(0))
    ours = 5_000
    await venue.clock.moveTo(at(9))
    expect(said()).toEqual([])
    ours = 15_000
    await venue.clock.moveTo(at(10))
    expect(said().slice(0, 2)).toEqual(['1: E passed', '1: B late'])
  })

  test('that were missed while the session was down come in order, as late ones', async () => {
    const { venue, said } = await play({ next: at(-3) })
    await venue.clock.moveTo(at(0) + 5000)
    await venue.clock.moveTo(at(1) + 500)
    venue.close(at(0))
    venue.close(at(0), ETH)
    await venue.clock.moveTo(at(1) + 500)
    expect(said()).toEqual(['-2: BE late', '-1: BE late', '0: BE live', '1: BE live'])
  })

  test('that were taken before are not handed on again', async () => {
    const { venue, said } = await play({ next: at(-1), after: at(0) })
    await venue.clock.moveTo(at(1) + 500)
    venue.close(at(0))
    venue.close(at(0), ETH)
    await venue.clock.moveTo(at(1) + 500)
    expect(said().filter((text) => !text.includes('too late'))).toEqual(['1: BE live'])
  })
})
