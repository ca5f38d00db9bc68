import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closeTimeOf, intervalMs, openTimeOf } from '../../src/core/interval.ts'
import { parseMarket, type Series, seriesName } from '../../src/core/series.ts'
import {
  type Ask,
  type BarText,
  type MarketRules,
  type Ticker,
  type VenueApi,
  VenueContentError,
  type VenueFault,
} from '../../src/data/venues/venue.ts'
import { compileRules, scalesOf } from '../../src/engine/index.ts'

/** What a venue is held to: answers as they came over the wire, and what is in them as a reader of its documentation says. */
export interface RecordedVenue {
  readonly bars: readonly {
    readonly series: Series
    readonly body: string
    readonly count: number
    /** The oldest and the youngest bar, copied out of the answer by hand; the youngest may be unfinished. */
    readonly first: BarText
    readonly last: BarText
  }[]
  /** An answer without a bar. */
  readonly noBars: string
  /** Open times that an answer to this ask would have, [from, to), and how many of them at most. */
  window(ask: Ask): { readonly from: number; readonly to: number; readonly rows: number }
  readonly rules: readonly {
    readonly body: string
    readonly at: number
    readonly count: number
    readonly has: { readonly symbol: string } & Partial<Omit<MarketRules, 'instrument'>> & {
        readonly base: string
        readonly quote: string
        readonly filters: object
      }
  }[]
  readonly tickers: readonly { readonly bodies: readonly string[]; readonly has: Ticker }[]
  readonly clock: { readonly body: string; readonly time: number }
  readonly faults: readonly ({ readonly status: number; readonly body: string } & Omit<VenueFault, 'message'>)[]
  readonly funding?: {
    readonly body: string
    readonly rates: readonly { readonly time: number; readonly rate: string; readonly mark: string | null }[]
  }
}

const TEXTS = ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'takerBase', 'takerQuote'] as const
const HTML = '<html><head><title>502 Bad Gateway</title></head></html>'
/** More digits than a double has, and a zero at the end that a number would lose. */
const ODD = '1234567.12345678901230'

/** A number as it stands in an answer, quoted or not. */
function token(text: string): RegExp {
  return new RegExp(`(?<![\\d.])${text.replace('.', '\\.')}(?![\\d.])`, 'g')
}

/** Rows are the innermost lists that begin with a number, whatever else an answer wraps around them. */
const ROW = /\[\s*"?\d[^[\]]*\]/g

function backwards(body: string): string {
  const rows = body.match(ROW)!.reverse()
  return body.replace(ROW, () => rows.shift()!)
}

/** What every venue must do, whatever columns, order and units it answers in. */
export function testVenue(api: VenueApi, recorded: RecordedVenue): void {
  describe(`${api.venue} keeps the contract of a venue`, () => {
    describe.each(recorded.bars.map((one) => [seriesName(one.series), one] as const))('bars of %s', (_, one) => {
      const { series, body } = one
      const { interval } = series
      const bars = api.bars.read(body, series)

      test('are all there, oldest first, in the columns and units of its documentation', () => {
        expect(bars).toHaveLength(one.count)
        expect(bars[0]).toEqual(one.first)
        expect(bars.at(-1)).toEqual(one.last)
        for (const [k, bar] of bars.entries()) {
          expect(openTimeOf(bar.openTime, interval)).toBe(bar.openTime)
          expect(new Date(bar.openTime).getUTCFullYear()).toBeGreaterThan(2009)
          if (k > 0) expect(bar.openTime).toBeGreaterThan(bars[k - 1]!.openTime)
          if (!Number.isNaN(bar.closeTime)) {
            expect(bar.closeTime).toBeGreaterThan(bar.openTime)
            expect(bar.closeTime).toBeLessThanOrEqual(closeTimeOf(bar.openTime, interval))
          }
          for (const price of [bar.open, bar.close]) {
            expect(Number(price)).toBeGreaterThanOrEqual(Number(bar.low))
            expect(Number(price)).toBeLessThanOrEqual(Number(bar.high))
          }
        }
      })

      test('have the digits of the answer, all of them and no others', () => {
        const stated = new Set(body.match(/\d+(\.\d+)?/g))
        const invented = bars.flatMap((bar) =>
          TEXTS.map((field) => bar[field]).filter((text) => text !== null && !stated.has(text)),
        )
        expect(invented).toEqual([])
        const price = bars.find((bar) => bar.close.includes('.'))!.close
        const changed = bars.map((bar) => ({
          ...bar,
          ...Object.fromEntries(TEXTS.filter((field) => bar[field] === price).map((field) => [field, ODD])),
        }))
        expect(api.bars.read(body.replace(token(price), ODD), series)).toEqual(changed)
      })

      test('are the same bars when they come the other way round', () => {
        expect(backwards(body)).not.toBe(body)
        expect(api.bars.read(backwards(body), series)).toEqual(bars)
      })

      test('that are no bars are told as such, and never believed', () => {
        const { close } = bars.find((bar) => bar.close.includes('.'))!
        const broken = (by: string) => body.replace(new RegExp(`"?${token(close).source}"?`, 'g'), by)
        for (const bad of [HTML, '', body.slice(0, -Math.ceil(body.length / 3)), broken('null'), broken('"NaN"')])
          expect(() => api.bars.read(bad, series), bad.slice(0, 80)).toThrow(VenueContentError)
        expect(() => api.bars.read(broken('"-1.5"'), series)).toThrow(VenueContentError)
      })
    })

    test('an answer without bars is no bars', () => {
      expect(api.bars.read(recorded.noBars, recorded.bars[0]!.series)).toEqual([])
    })

    test('a page is asked for as it is wanted: all of [from, to), and no more rows than a page has', () => {
      const [{ series }] = recorded.bars as [RecordedVenue['bars'][number]]
      expect(api.bars.intervals.length).toBeGreaterThan(0)
      const pages = fc.tuple(
        fc.constantFrom(...api.bars.intervals.filter((interval) => interval !== '1M')),
        fc.integer({ min: Date.UTC(2018, 0, 1), max: Date.UTC(2026, 0, 1) }),
        fc.integer({ min: 1, max: api.bars.pageRows }),
      )
      fc.assert(
        fc.property(pages, ([interval, time, bars]) => {
          const from = openTimeOf(time, interval)
          const to = from + bars * intervalMs(interval)
          const ask = api.bars.ask({ ...series, interval }, from, to)
          expect(ask.path).toMatch(/^\/[^?]*$/)
          expect(ask.weight).toBeGreaterThan(0)
          expect(ask.weight).toBeLessThanOrEqual(api.limits.weight)
          const window = recorded.window(ask)
          expect(window.from).toBeLessThanOrEqual(from)
          expect(window.to).toBeGreaterThanOrEqual(to)
          expect(window.rows).toBeGreaterThanOrEqual(bars)
          expect(window.rows).toBeLessThanOrEqual(api.bars.pageRows)
        }),
        { numRuns: 200 },
      )
    })

    test.each(recorded.rules.map((one) => [one.has.symbol, one] as const))(
      'rules: those of %s are the stated ones, and all compile',
      (symbol, { body, at, count, has }) => {
        const rules = api.rules.read(body, at)
        expect(rules).toHaveLength(count)
        expect(new Set(rules.map(({ instrument }) => instrument.symbol)).size).toBe(count)
        for (const { instrument, feeMaker, feeTaker, listedAt, delistedAt } of rules) {
          expect(instrument.venue).toBe(api.venue)
          expect(instrument.snapshots).toHaveLength(1)
          const [snapshot] = instrument.snapshots
          expect(new Date(snapshot!.validFrom).getUTCFullYear()).toBeGreaterThan(2016)
          const compiled = compileRules(instrument, snapshot!, scalesOf(instrument, 0, false))
          expect(compiled.price.step).toBeGreaterThanOrEqual(1)
          expect(compiled.lot.step).toBeGreaterThanOrEqual(1)
          for (const fee of [feeMaker, feeTaker]) if (fee !== null) expect(fee).toMatch(/^-?\d+(\.\d+)?$/)
          if (listedAt !== null && delistedAt !== null) expect(delistedAt).toBeGreaterThan(listedAt)
        }
        const one = rules.find(({ instrument }) => instrument.symbol === symbol)!
        const { base, quote, filters, symbol: _, ...facts } = has
        expect(parseMarket(`${api.venue}:${symbol}`)).toEqual({ venue: api.venue, symbol })
        expect(one).toMatchObject({ ...facts, instrument: { base, quote, snapshots: [{ filters }] } })
        for (const bad of [HTML, '', '{}', body.slice(0, -Math.ceil(body.length / 3))])
          expect(() => api.rules.read(bad, at)).toThrow(VenueContentError)
        const ask = api.rules.ask(symbol)
        expect([ask.path[0], ask.weight > 0]).toEqual(['/', true])
      },
    )

    test('tickers are read from what is asked for', () => {
      expect(recorded.tickers.length).toBeGreaterThan(0)
      for (const { bodies, has } of recorded.tickers) {
        expect(api.tickers.read(bodies).find(({ symbol }) => symbol === has.symbol)).toEqual(has)
        expect(() => api.tickers.read(bodies.map(() => HTML))).toThrow(VenueContentError)
        for (const ask of api.tickers.asks([has.symbol])) expect([ask.path[0], ask.weight > 0]).toEqual(['/', true])
      }
    })

    test('its clock is read in ms', () => {
      expect(api.clock.read(recorded.clock.body)).toBe(recorded.clock.time)
      for (const bad of [HTML, '{}']) expect(() => api.clock.read(bad)).toThrow(VenueContentError)
    })

    test('its errors are known by code and kind; what is no error is none', () => {
      expect(recorded.faults.map(({ kind }) => kind)).toContain('symbol')
      for (const { status, body, ...fault } of recorded.faults) {
        expect(api.fault(status, body), body).toMatchObject(fault)
        expect(api.fault(status, body)!.message).not.toBe('')
      }
      for (const { body } of recorded.bars) expect(api.fault(200, body)).toBeNull()
      for (const { body } of recorded.rules) expect(api.fault(200, body)).toBeNull()
      for (const [status, body] of [[502, HTML], [503, ''], [500, '{'], [500, 'null']] as const) // biome-ignore format: pairs
        expect(api.fault(status, body)).toBeNull()
    })

    test('funding rates are as stated, or there are none', () => {
      expect(api.funding === null).toBe(recorded.funding === undefined)
      if (recorded.funding === undefined) return
      expect(api.funding!.read(recorded.funding.body)).toEqual(recorded.funding.rates)
      expect(() => api.funding!.read(HTML)).toThrow(VenueContentError)
    })
  })
}
