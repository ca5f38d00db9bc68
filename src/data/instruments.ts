import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type FilterSnapshot, type Instrument, NOT_KNOWN } from '../core/instrument.ts'
import type { Series, Venue } from '../core/series.ts'
import { changeFiles } from './change-store.ts'
import { DataError } from './data-error.ts'
import { parseExchangeInfo } from './exchange-info.ts'
import { writeAtomic } from './manifest.ts'
import { gridOf, type MarketFacts, readMarket, writeMarket } from './market-file.ts'
import type { Store } from './store.ts'
import { readJson } from './text-file.ts'
import type { MarketRules } from './venues/venue.ts'

function folderOf(dir: string, venue: Venue, symbol: string): string {
  return join(dir, 'instruments', venue, symbol)
}

/**
 * The instrument of a series with every filter snapshot the store has, or, where it has none, one read off the data:
 * prices on the finest decimals seen, quantities to 1e-8 or what such prices ask for, no minimum; the run then says that filters are not known.
 */
export async function loadInstrument(store: Store, series: Series): Promise<Instrument> {
  const { venue, symbol } = series
  await store.mirror?.refreshSymbol(venue, symbol)
  const known = marketsOf(store, venue, symbol)
  const newest = known.at(-1)
  if (newest !== undefined) {
    const { base, quote, kind, gridFrom, feeMaker, feeTaker } = newest
    const fees = feeMaker !== null && feeTaker !== null ? { maker: feeMaker, taker: feeTaker } : null
    const snapshots = known.map(({ snapshot }) => snapshot)
    return { venue, symbol, base, quote, kind, gridFrom, ...(fees && { fees }), snapshots }
  }
  const manifest = await store.manifest(series)
  const { base, quote } = splitSymbol(symbol)
  return { venue, symbol, base, quote, ...gridOf(venue), snapshots: [unknownFilters(manifest?.priceDecimals ?? 8)] }
}

/** All that is known of a market, oldest first. */
function marketsOf(store: Store, venue: Venue, symbol: string): MarketFacts[] {
  const known = filesOf(store, venue, symbol).map(readMarket)
  return known.sort((a, b) => a.snapshot.validFrom - b.snapshot.validFrom)
}

/** Keeps what a venue says of a market now beside what it said before; nothing is written where that is the same. */
export async function storeMarket(store: Store, rules: MarketRules): Promise<'written' | 'same'> {
  const { venue, symbol } = rules.instrument
  return changeFiles(store, async (at) => {
    await at.mirror?.refreshSymbol(venue, symbol)
    return writeMarket(folderOf(at.dir, venue, symbol), rules, marketsOf(at, venue, symbol).at(-1) ?? null)
  })
}

/** Files of both stores, by date: one the user adds joins those behind, and takes the place of one of the same date. */
function filesOf(store: Store, venue: Venue, symbol: string): string[] {
  const files = new Map<string, string>()
  for (const dir of [store.behind, store.dir]) {
    const folder = dir === null ? null : folderOf(dir, venue, symbol)
    if (folder === null || !existsSync(folder)) continue
    for (const name of readdirSync(folder)) if (name.endsWith('.json')) files.set(name, join(folder, name))
  }
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file)
}

/** Quantities as fine as the price is coarse: bitcoin to 1e-8, a coin of which billions cost a dollar to whole ones. */
function unknownFilters(priceDecimals: number): FilterSnapshot {
  const unit = (decimals: number) => (decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`)
  const tick = unit(priceDecimals)
  const step = unit(Math.min(8, Math.max(0, 12 - priceDecimals)))
  return {
    validFrom: NOT_KNOWN,
    source: `no exchange info: tick from the data, step ${step}, no minimum`,
    filters: { price: { min: tick, max: '0', tick }, lot: { min: step, max: '0', step }, notSimulated: [] },
    orderTypes: [],
  }
}

/** Base and quote where only the symbol is known: a separator, or a known quote asset at its end. */
function splitSymbol(symbol: string): { base: string; quote: string } {
  const parts = symbol.split(/[-_.]/)
  if (parts.length === 2) return { base: parts[0]!, quote: parts[1]! }
  const quote = [
    'USDT',
    'USDC',
    'FDUSD',
    'BUSD',
    'TUSD',
    'DAI',
    'USD',
    'EUR',
    'GBP',
    'TRY',
    'IDR',
    'BRL',
    'JPY',
    'BTC',
    'ETH',
    'BNB',
  ].find((name) => symbol.endsWith(name) && symbol.length > name.length)
  return quote === undefined ? { base: symbol, quote: 'QUOTE' } : { base: symbol.slice(0, -quote.length), quote }
}

/** Stores the excerpt of an exchangeInfo file for some symbols (all, where none are named), dated by its server time. */
export async function importExchangeInfo(
  store: Store,
  file: string,
  symbols: readonly string[] = [],
): Promise<readonly string[]> {
  const json = readJson(file) as { symbols?: readonly { symbol?: string }[]; serverTime?: number }
  const source = basename(file).replace(/\.json(\.gz)?$/, '')
  const info = parseExchangeInfo(json, source)
  const date = new Date(info.serverTime).toISOString().slice(0, 10)
  const written: string[] = []
  await changeFiles(store, async ({ dir }) => {
    for (const [k, symbol] of info.symbols.entries()) {
      if (symbols.length > 0 && !symbols.includes(symbol.symbol)) continue
      const excerpt = { source, serverTime: info.serverTime, symbols: [json.symbols![k]] }
      writeAtomic(
        join(folderOf(dir, info.venue, symbol.symbol), `${date}.json`),
        `${JSON.stringify(excerpt, null, 1)}\n`,
      )
      written.push(symbol.symbol)
    }
  })
  const unknown = symbols.find((symbol) => !written.includes(symbol))
  if (unknown !== undefined) throw new DataError(`${file}: has no symbol ${unknown}`)
  return written
}
