import { BAR_FIELDS, type Bars, sliceBars } from '../../src/core/bar.ts'

/** Numbers in [0, 1) from a linear congruential generator: the same seed, the same market (Numerical Recipes' constants). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export interface MarketOptions {
  readonly decimals?: number
  /** First price. */
  readonly price?: number
  /** Largest step of a close, as a fraction of the price. */
  readonly swing?: number
}

const START = Date.UTC(2023, 0, 1, 22)

/** Drawn once each: hundreds of tests ask for the same. */
const drawn = new Map<string, Bars>()

/** A random walk on a tick grid: prices that are whole ticks, volumes with five decimals, one bar in forty without trades. */
export function market(seed: number, rows: number, options: MarketOptions = {}): Bars {
  const key = JSON.stringify([seed, rows, options])
  const bars = drawn.get(key) ?? draw(seed, rows, options)
  drawn.set(key, bars)
  // columns of its own, whatever is done to them
  return withColumns(bars, Object.fromEntries(BAR_FIELDS.map((field) => [field, bars[field].slice()])))
}

function draw(seed: number, rows: number, options: MarketOptions): Bars {
  const { decimals = 2, price = 100, swing = 0.02 } = options
  const random = randomFrom(seed)
  const scale = 10 ** decimals
  const [opens, highs, lows] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)]
  const [closes, volumes] = [new Float64Array(rows), new Float64Array(rows)]
  let close = Math.round(price * scale)
  for (let row = 0; row < rows; row++) {
    const open = close
    close = Math.max(1, Math.round(open * (1 + swing * (random() - 0.5))))
    const isIdle = random() < 1 / 40
    if (isIdle) close = open
    const high = isIdle ? open : Math.max(open, close) + Math.floor(random() * open * swing * 0.3)
    const low = isIdle ? open : Math.max(1, Math.min(open, close) - Math.floor(random() * open * swing * 0.3))
    opens[row] = open / scale
    highs[row] = high / scale
    lows[row] = low / scale
    closes[row] = close / scale
    volumes[row] = isIdle ? 0 : Math.round(random() * 1e7) / 1e5
  }
  return barsFrom({ open: opens, high: highs, low: lows, close: closes, volume: volumes }, decimals)
}

/** A market that stands still. */
export function stillMarket(price: number, rows: number, decimals: number, volume = 5): Bars {
  const same = new Array<number>(rows).fill(price)
  return barsFrom({ open: same, high: same, low: same, close: same, volume: same.map(() => volume) }, decimals)
}

/** Bars of one minute from 2023-01-01T22:00Z on, so that midnight comes after two hours. */
export function barsFrom(columns: Readonly<Record<string, ArrayLike<number>>>, priceDecimals: number): Bars {
  const column = (name: string) => new Float64Array(columns[name]!)
  const { length } = columns['close']!
  const openTime = new Float64Array(length)
  for (let row = 0; row < length; row++) openTime[row] = START + row * 60_000
  return {
    series: { venue: 'binance', symbol: 'BTCUSDT', interval: '1m' },
    ...{ length, priceDecimals, openTime },
    ...{ open: column('open'), high: column('high'), low: column('low') },
    ...{ close: column('close'), volume: column('volume') },
  }
}

/** The bars with some columns replaced. */
export function withColumns(bars: Bars, columns: Partial<Bars>): Bars {
  return { ...sliceBars(bars, 0, bars.length), ...columns }
}
