import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BarBatch } from '../../../src/data/collect/batch.ts'
import { addBar } from '../../../src/data/collect/store-bars.ts'
import { openStore, type Store } from '../../../src/data/index.ts'
import { RowBuffer } from '../../../src/data/rows.ts'
import type { BarText } from '../../../src/data/venues/venue.ts'
import { scratch } from '../../cli/klinelab.ts'
import { HOUR, NOW, START, TEST } from '../klines.ts'

/** The k-th hour of 2024, of which the venue says all that there is to say; prices differ from hour to hour. */
export function hourBar(k: number, told: Partial<BarText> = {}): BarText {
  const price = 100 + (k % 7)
  return {
    openTime: START + k * HOUR,
    closeTime: START + (k + 1) * HOUR,
    open: `${price}.25`,
    high: `${price + 1}`,
    low: `${price - 1}.00000001`,
    close: `${price}.${String(k % 100).padStart(2, '0')}`,
    volume: `${k}.125`,
    quoteVolume: `${k * 100}.5`,
    trades: k,
    takerBase: '0.5',
    takerQuote: '50.75',
    ...told,
  }
}

/** What `told` says of every bar, as Coinbase, Kraken and KuCoin leave it open. */
export const UNTOLD = {
  closeTime: Number.NaN,
  quoteVolume: null,
  trades: null,
  takerBase: null,
  takerQuote: null,
} satisfies Partial<BarText>

export function batchOf(bars: readonly BarText[], more: Partial<BarBatch> = {}): BarBatch {
  const rows = new RowBuffer(1)
  for (const bar of bars) addBar(rows, bar)
  return { rows, origin: 'api.test', at: NOW, ...more }
}

/** Hours from `first` on. */
export function hours(first: number, count: number, told: Partial<BarText> = {}): BarText[] {
  return Array.from({ length: count }, (_, k) => hourBar(first + k, told))
}

/** Every file below a folder, by name. */
export function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
  )
}

export const emptyStore = (): Promise<Store> => openStore(join(scratch(), 'store'))

/** So many hours into the series, UTC ms. */
export const at = (k: number): number => START + k * HOUR

export async function closesOf(store: Store): Promise<number[]> {
  return Array.from((await store.load(TEST)).close)
}
