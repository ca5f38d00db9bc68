import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Series } from '../../../src/core/series.ts'
import { barDifference } from '../../../src/data/stream/bar-difference.ts'
import type { BarText } from '../../../src/data/venues/venue.ts'
import { Truth } from '../../servers/truth.ts'
import { BTC, MINUTE, PlayedVenue, T0 } from './played-venue.ts'

const THIN: Series = { venue: 'kucoin', symbol: 'BTC-USDT', interval: '1m' }
/** Minutes with faults, then some in which all is well, so that what is missing can come. */
const [TROUBLED, CALM] = [24, 6]

/** What befalls one minute. */
const minute = fc.record({
  /** Of the frame that closes the bar. */
  frame: fc.constantFrom(
    'once',
    'once',
    'once',
    'lost',
    'twice',
    'late',
    'early-of-next',
    'wrong-first',
    'stale-again',
  ),
  connection: fc.constantFrom('stays', 'stays', 'stays', 'stays', 'goes', 'comes'),
  rest: fc.constantFrom('answers', 'answers', 'answers', 'fails', 'lags'),
})
type Minute = typeof minute extends fc.Arbitrary<infer T> ? T : never

interface Run {
  readonly minutes: readonly Minute[]
  readonly holes: readonly (readonly [at: number, length: number])[]
  readonly seed: number
  readonly before: number
}

const run: fc.Arbitrary<Run> = fc.record({
  minutes: fc.array(minute, { minLength: 1, maxLength: TROUBLED }),
  holes: fc.array(fc.tuple(fc.integer({ min: -5, max: TROUBLED - 3 }), fc.integer({ min: 1, max: 3 })), {
    maxLength: 2,
  }),
  seed: fc.nat(1000),
  before: fc.integer({ min: 0, max: 8 }),
})

async function played(series: Series, { minutes, holes, seed, before }: Run): Promise<PlayedVenue> {
  const isThin = series === THIN
  const at = (k: number) => T0 + k * MINUTE
  const truth = new Truth({
    ...{ seed, quietEvery: isThin ? 4 : 0 },
    // a hole to the very end has no bar after it that proves it
    holes: holes
      .filter(([k, length]) => k + length <= minutes.length)
      .map(([k, length]) => ({ from: at(k), to: at(k + length) })),
  })
  const venue = new PlayedVenue({
    ...{ truth, series: [series], isNeverQuiet: !isThin, omitsEmpty: isThin },
    options: { from: () => at(-before) },
  })
  await venue.clock.moveTo(T0)
  venue.feed.connected()
  let isUp = true
  const say = (k: number, bend: (bar: BarText) => BarText = (bar) => bar) => {
    const [bar] = truth.texts(series, at(k), at(k + 1))
    if (bar !== undefined && isUp && bar.volume !== '0') venue.feed.bar(series, bend(bar), true, null)
  }
  const calm: Minute = { frame: 'once', connection: 'comes', rest: 'answers' }
  for (const [k, { frame, connection, rest }] of [...minutes, ...Array.from({ length: CALM }, () => calm)].entries()) {
    await venue.clock.moveTo(at(k) + 20_000)
    const willBeUp: boolean = connection === 'comes' || (isUp && connection === 'stays')
    if (willBeUp && !isUp) venue.feed.connected()
    if (!willBeUp && isUp) venue.feed.disconnected('played')
    isUp = willBeUp
    venue.restFault = rest === 'fails' ? 'network' : null
    venue.restLag = rest === 'lags' ? 15_000 : 0
    await venue.clock.moveTo(at(k + 1) + 500)
    if (frame === 'early-of-next') say(k + 1)
    if (frame === 'stale-again') say(k - 3)
    if (frame === 'wrong-first') say(k, (bar) => ({ ...bar, close: '1.5' }))
    if (frame === 'late') await venue.clock.moveTo(at(k + 1) + 15_000)
    if (frame !== 'lost') say(k)
    if (frame === 'twice') say(k)
  }
  await venue.clock.moveTo(at(minutes.length + CALM) + 50_000)
  return venue
}

/** Walks through what a stream said: every bar of the truth in order, or a hole where the truth has none. */
function checkAgainstTruth(venue: PlayedVenue, series: Series, from: number, to: number): void {
  let next = from
  const last = new Map<number, BarText>()
  for (const event of venue.events) {
    if (event.kind === 'bar') {
      expect(event.bar.openTime).toBe(next)
      last.set(next, event.bar)
      next += MINUTE
    } else if (event.kind === 'hole') {
      expect(event.from).toBe(next)
      expect(venue.truth.texts(series, event.from, event.to)).toEqual([])
      next = event.to
    } else if (event.kind === 'revised') last.set(event.bar.openTime, event.bar)
  }
  expect(next).toBeGreaterThanOrEqual(to)
  const truth = venue.truth.texts(series, from, next)
  expect([...last.keys()]).toEqual(truth.map(({ openTime }) => openTime))
  for (const bar of truth) expect(barDifference(last.get(bar.openTime)!, bar)).toBeNull()
  expect(venue.ended).toBe('no')
}

test.each([BTC, THIN])(
  'whatever goes wrong on $venue, the stream is the truth in order, or its holes are named',
  async (series) => {
    await fc.assert(
      fc.asyncProperty(run, async (one) => {
        const venue = await played(series, one)
        try {
          checkAgainstTruth(venue, series, T0 - one.before * MINUTE, T0 + (one.minutes.length + CALM - 1) * MINUTE)
        } finally {
          await venue.stream.close()
        }
        expect(venue.clock.pending).toBe(0)
      }),
      { numRuns: 60 },
    )
  },
)
