import type { Series } from '../../../src/core/series.ts'
import type { FeedListener } from '../../../src/data/stream/feed.ts'
import type { BarText } from '../../../src/data/venues/venue.ts'

interface HeardBar {
  readonly series: Series
  readonly bar: BarText
  readonly isClosed: boolean
  readonly mark: string | null
}

/** Notes what a feed tells. */
export class Heard implements FeedListener {
  readonly all: HeardBar[] = []
  readonly states: string[] = []
  readonly alives: Series[] = []
  readonly failures: unknown[] = []

  bar = (series: Series, bar: BarText, isClosed: boolean, mark: string | null) => {
    this.all.push({ series, bar, isClosed, mark })
  }
  readonly doubts: number[] = []
  readonly times: number[] = []
  doubted = (_: Series, openTime: number) => {
    this.doubts.push(openTime)
  }
  time = (at: number) => {
    this.times.push(at)
  }
  alive = (series: Series) => {
    this.alives.push(series)
  }
  connected = () => {
    this.states.push('up')
  }
  disconnected = (why: string) => {
    if (this.states.at(-1) === 'down') return
    this.states.push('down')
    this.why = why
  }
  failed = (error: unknown) => {
    this.failures.push(error)
  }
  why = ''

  get closed(): HeardBar[] {
    return this.all.filter(({ isClosed }) => isClosed)
  }
}
