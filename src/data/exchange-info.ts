import { parseDecimal } from '../core/decimal.ts'
import type { FilterSnapshot, Filters } from '../core/instrument.ts'
import { DataError } from './data-error.ts'

/** One symbol as an exchange info states it. */
interface SymbolInfo {
  readonly symbol: string
  readonly base: string
  readonly quote: string
  readonly status: string
  readonly snapshot: FilterSnapshot
  /** Of futures: when trading begins and ends, UTC ms; `null` where the exchange does not say. */
  readonly listedAt: number | null
  readonly delistedAt: number | null
}

export interface ExchangeInfo {
  readonly venue: 'binance' | 'binance-usdm'
  /** UTC ms at which it was taken: the filters are known to hold from then on. */
  readonly serverTime: number
  readonly symbols: readonly SymbolInfo[]
}

type RawFilter = Readonly<Record<string, unknown>> & { readonly filterType: string }

/** What klinelab checks; every other filter is named in the report. */
const SIMULATED = new Set([
  'PRICE_FILTER', 'LOT_SIZE', 'MARKET_LOT_SIZE', 'MIN_NOTIONAL', 'NOTIONAL', 'PERCENT_PRICE', 'PERCENT_PRICE_BY_SIDE',
  'MAX_NUM_ORDERS', 'MAX_NUM_ALGO_ORDERS', 'MAX_POSITION',
]) // biome-ignore format: a list of words

/**
 * Reads Binance's `exchangeInfo` of any year, spot or USDS-M.
 * @param source what to call it in reports, e.g. a file name without its ending
 * @throws DataError that names symbol, filter and field
 */
export function parseExchangeInfo(json: unknown, source: string): ExchangeInfo {
  const info = json as { serverTime?: number; symbols?: readonly Record<string, unknown>[] }
  if (typeof info !== 'object' || info === null || !Array.isArray(info.symbols) || typeof info.serverTime !== 'number')
    throw new DataError(`${source}: is no exchangeInfo: it needs serverTime and symbols`)
  const serverTime = info.serverTime
  const isFutures = info.symbols.some(
    (symbol) => 'contractType' in symbol || 'marginAsset' in symbol || 'requiredMarginPercent' in symbol,
  )
  const venue = isFutures ? 'binance-usdm' : 'binance'
  const symbols = info.symbols.map((raw: Record<string, unknown>): SymbolInfo => {
    const symbol = text(raw['symbol'], source, 'symbol')
    if (!Array.isArray(raw['filters'])) throw new DataError(`${source}, ${symbol}: filters is no list`)
    const filters = readFilters(raw['filters'] as RawFilter[], venue, `${source}, ${symbol}`)
    const orderTypes = ((raw['orderTypes'] ?? raw['OrderType'] ?? []) as unknown[]).map(String)
    return {
      symbol,
      base: text(raw['baseAsset'], source, `${symbol} baseAsset`),
      quote: text(raw['quoteAsset'], source, `${symbol} quoteAsset`),
      status: String(raw['status'] ?? raw['contractStatus'] ?? ''),
      snapshot: {
        validFrom: serverTime,
        filters,
        source,
        orderTypes,
        ...(raw['liquidationFee'] !== undefined && {
          liquidationFee: text(raw['liquidationFee'], source, `${symbol} liquidationFee`),
        }),
      },
      listedAt: dateOf(raw['onboardDate']),
      delistedAt: dateOf(raw['deliveryDate']),
    }
  })
  return { venue, serverTime, symbols }
}

/** What never ends is delivered at the end of the century. */
const NEVER = Date.UTC(2090, 0, 1)

function dateOf(value: unknown): number | null {
  return typeof value === 'number' && value > 0 && value < NEVER ? value : null
}

/** What reads the fields of one symbol's filters. */
interface FilterReader {
  readonly by: ReadonlyMap<string, RawFilter>
  readonly isFutures: boolean
  /** A plain decimal number, as it is written. */
  decimal(type: string, key: string): string
  /** A whole number under the first of these names that there is; `undefined` without the filter. */
  count(type: string, ...keys: string[]): number | undefined
  /** Minutes of the average price that it compares with; 0: the last price, or on USDS-M the mark price. */
  minutes(type: string): number
}

function filterReader(raw: readonly RawFilter[], isFutures: boolean, where: string): FilterReader {
  const by = new Map(raw.map((filter) => [filter.filterType, filter]))
  const decimal = (type: string, key: string): string => {
    const value = String(by.get(type)![key])
    try {
      parseDecimal(value)
    } catch {
      throw new DataError(`${where}: ${type}.${key} is "${value}", which is no plain decimal number`)
    }
    return value
  }
  const count = (type: string, ...keys: string[]): number | undefined => {
    if (!by.has(type)) return undefined
    const key = keys.find((name) => by.get(type)![name] !== undefined && by.get(type)![name] !== null) ?? keys[0]!
    const value = decimal(type, key)
    if (Number.isSafeInteger(Number(value)) && Number(value) >= 0) return Number(value)
    throw new DataError(`${where}: ${type}.${key} is "${value}", which is no count`)
  }
  // USDS-M has no such field: it compares with the mark price
  const minutes = (type: string) => (by.get(type)!['avgPriceMins'] == null ? 0 : count(type, 'avgPriceMins')!)
  return { by, isFutures, decimal, count, minutes }
}

function readFilters(raw: readonly RawFilter[], venue: ExchangeInfo['venue'], where: string): Filters {
  const reader = filterReader(raw, venue === 'binance-usdm', where)
  const { by, decimal, count } = reader
  const range = <K extends string>(type: string, keys: readonly [string, string, string], names: readonly [K, K, K]) =>
    by.has(type)
      ? (Object.fromEntries(keys.map((key, k) => [names[k]!, decimal(type, key)])) as Record<K, string>)
      : undefined
  const price = range('PRICE_FILTER', ['minPrice', 'maxPrice', 'tickSize'], ['min', 'max', 'tick'])
  const lot = range('LOT_SIZE', ['minQty', 'maxQty', 'stepSize'], ['min', 'max', 'step'])
  const marketLot = range('MARKET_LOT_SIZE', ['minQty', 'maxQty', 'stepSize'], ['min', 'max', 'step'])
  const notional = readNotional(reader)
  const maxNumOrders = count('MAX_NUM_ORDERS', 'maxNumOrders', 'limit')
  const maxNumAlgoOrders = count('MAX_NUM_ALGO_ORDERS', 'maxNumAlgoOrders', 'limit')
  return {
    ...(price && { price }),
    ...(lot && { lot }),
    ...(marketLot && { marketLot }),
    ...(notional && { notional }),
    ...readPercent(reader),
    ...(maxNumOrders !== undefined && { maxNumOrders }),
    ...(maxNumAlgoOrders !== undefined && { maxNumAlgoOrders }),
    ...(by.has('MAX_POSITION') && { maxPosition: decimal('MAX_POSITION', 'maxPosition') }),
    notSimulated: raw.map((filter) => filter.filterType).filter((type) => !SIMULATED.has(type)),
  }
}

function readPercent({
  by,
  isFutures,
  decimal,
  minutes,
}: FilterReader): Pick<Filters, 'percentPrice' | 'percentPriceBySide'> {
  return {
    ...(by.has('PERCENT_PRICE') && {
      percentPrice: {
        up: decimal('PERCENT_PRICE', 'multiplierUp'),
        down: decimal('PERCENT_PRICE', 'multiplierDown'),
        avgPriceMins: minutes('PERCENT_PRICE'),
        oneSided: isFutures,
      },
    }),
    ...(by.has('PERCENT_PRICE_BY_SIDE') && {
      percentPriceBySide: {
        bidUp: decimal('PERCENT_PRICE_BY_SIDE', 'bidMultiplierUp'),
        bidDown: decimal('PERCENT_PRICE_BY_SIDE', 'bidMultiplierDown'),
        askUp: decimal('PERCENT_PRICE_BY_SIDE', 'askMultiplierUp'),
        askDown: decimal('PERCENT_PRICE_BY_SIDE', 'askMultiplierDown'),
        avgPriceMins: minutes('PERCENT_PRICE_BY_SIDE'),
      },
    }),
  }
}

function readNotional({ by, isFutures, decimal, minutes }: FilterReader): Filters['notional'] {
  const spot = by.get('NOTIONAL')
  if (spot)
    return {
      filter: 'NOTIONAL',
      min: decimal('NOTIONAL', 'minNotional'),
      applyMinToMarket: spot['applyMinToMarket'] === true,
      max: decimal('NOTIONAL', 'maxNotional'),
      applyMaxToMarket: spot['applyMaxToMarket'] === true,
      avgPriceMins: minutes('NOTIONAL'),
      reduceOnlyExempt: false,
    }
  const old = by.get('MIN_NOTIONAL')
  if (!old) return undefined
  return {
    filter: 'MIN_NOTIONAL',
    min: decimal('MIN_NOTIONAL', isFutures ? 'notional' : 'minNotional'),
    // before the field existed (2018) the exchange applied it to market orders too
    applyMinToMarket: old['applyToMarket'] !== false,
    avgPriceMins: minutes('MIN_NOTIONAL'),
    reduceOnlyExempt: isFutures,
  }
}

function text(value: unknown, source: string, what: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new DataError(`${source}: ${what} is ${JSON.stringify(value)}, which is no name`)
}
