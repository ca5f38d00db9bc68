import { type Bars, sliceBars } from '../../src/core/bar.ts'

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

/** A random walk on a tick grid: prices that are whole ticks, volumes with five decimals, one bar in forty without trades. */
export function market(seed: number, rows: number, options: MarketOptions = {}): Bars {
  const { decimals = 2, price = 100, swing = 0.02 } = options
  const random = randomFrom(seed)
  const scale = 10 ** decimals
  const columns = { open: [], high: [], low: [], close: [], volume: [] } as Record<string, number[]>
  let close = Math.round(price * scale)
  for (let row = 0; row < rows; row++) {
    const open = close
    close = Math.max(1, Math.round(open * (1 + swing * (random() - 0.5))))
    const isIdle = random() < 1 / 40
    if (isIdle) close = open
    const high = isIdle ? open : Math.max(open, close) + Math.floor(random() * open * swing * 0.3)
    const low = isIdle ? open : Math.max(1, Math.min(open, close) - Math.floor(random() * open * swing * 0.3))
    for (const [name, ticks] of Object.entries({ open, high, low, close })) columns[name]!.push(ticks / scale)
    columns['volume']!.push(isIdle ? 0 : Math.round(random() * 1e7) / 1e5)
  }
  return barsFrom(columns, decimals)
}

/** A market that stands still. */
export function stillMarket(price: number, rows: number, decimals: number, volume = 5): Bars {
  const same = new Array<number>(rows).fill(price)
  return barsFrom({ open: same, high: same, low: same, close: same, volume: same.map(() => volume) }, decimals)
}

/** Bars of one minute from 2023-01-01T22:00Z on, so that midnight comes after two hours. */
export function barsFrom(columns: Readonly<Record<string, readonly number[]>>, priceDecimals: number): Bars {
  const column = (name: string) => Float64Array.from(columns[name]!)
  return {
    series: { venue: 'binance', symbol: 'BTCUSDT', interval: '1m' },
    length: columns['close']!.length,
    priceDecimals,
    openTime: Float64Array.from(columns['close']!, (_, row) => Date.UTC(2023, 0, 1, 22) + row * 60_000),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  }
}

/** The bars with some columns replaced. */
export function withColumns(bars: Bars, columns: Partial<Bars>): Bars {
  return { ...sliceBars(bars, 0, bars.length), ...columns }
}
