/** A market as far as it decides whether it may be ranked at all. */
export interface Listed {
  readonly symbol: string
  readonly base: string
  readonly quote: string
  /** The venue's own word for what it is doing. */
  readonly status: string
  readonly isTrading: boolean
  /** The venue's own mark of a pair of stable coins. */
  readonly isStable?: boolean
  /** Quote asset traded in 24 hours; NaN where nobody says. */
  readonly volume: number
}

export interface Wanted {
  /** `null`: whatever they are quoted in. */
  readonly quote: string | null
  /** Least volume of 24 hours, in the quote asset; 0 for none. */
  readonly minVolume: number
  /** Symbols, with * for any letters and ? for one. */
  readonly exclude: readonly string[]
}

/** Why markets are not ranked, each for the first reason that holds, in this order. */
const REASONS = [
  'quote', 'status', 'dated', 'leveraged', 'stable', 'asked', 'thin',
] as const // biome-ignore format: a list of words
type Reason = (typeof REASONS)[number]

export interface Excluded {
  readonly reason: Reason
  readonly symbols: readonly string[]
}

/** Parts the markets that are ranked from those that are not, which are kept with the reason. */
export function chooseUniverse<Market extends Listed>(
  markets: readonly Market[],
  wanted: Wanted,
): { readonly kept: readonly Market[]; readonly excluded: readonly Excluded[] } {
  const bases = new Set([...markets.map(({ base }) => base), ...ONCE_LEVERAGED])
  const patterns = wanted.exclude.map(patternOf)
  const reasonOf = (market: Market): Reason | null => {
    if (wanted.quote !== null && market.quote !== wanted.quote) return 'quote'
    if (!market.isTrading) return 'status'
    // a contract with a day of delivery at its end, BTCUSDT_261225, is no perpetual
    if (/_\d{6}$/.test(market.symbol)) return 'dated'
    if (isLeveraged(market.base, bases)) return 'leveraged'
    if (market.isStable === true || (isPegged(market.base) && isPegged(market.quote))) return 'stable'
    if (patterns.some((pattern) => pattern.test(market.symbol))) return 'asked'
    if (wanted.minVolume > 0 && !(market.volume >= wanted.minVolume)) return 'thin'
    return null
  }
  const kept: Market[] = []
  const byReason = new Map<Reason, string[]>(REASONS.map((reason) => [reason, []]))
  for (const market of markets) {
    const reason = reasonOf(market)
    if (reason === null) kept.push(market)
    else byReason.get(reason)!.push(market.symbol)
  }
  const excluded = REASONS.map((reason) => ({ reason, symbols: byReason.get(reason)! }))
  return { kept, excluded: excluded.filter(({ symbols }) => symbols.length > 0) }
}

/** What Binance had UP and DOWN tokens of, all delisted by April 2024: their coins need not be among what is stored. */
const ONCE_LEVERAGED = [
  '1INCH', 'AAVE', 'ADA', 'BCH', 'BNB', 'BTC', 'DOT', 'EOS', 'ETH', 'FIL', 'LINK', 'LTC', 'SUSHI', 'SXP', 'TRX', 'UNI', 'XLM', 'XRP', 'XTZ', 'YFI',
] // biome-ignore format: a list of words

/**
 * Whether a base asset is a token that holds another one with leverage: BTC3L, ETH5S; BTCUP, BNBBEAR where BTC and BNB are coins too (JUP and
 * SYRUP are coins of their own); BULL and BEAR themselves.
 */
function isLeveraged(base: string, bases: ReadonlySet<string>): boolean {
  if (/^[A-Z0-9]{2,}[2-5][LS]$/.test(base) || base === 'BULL' || base === 'BEAR') return true
  const coin = /^(.+?)(?:UP|DOWN|BULL|BEAR)$/.exec(base)?.[1]
  return coin !== undefined && bases.has(coin)
}

/** Coins that are held to the price of a currency, and currencies. */
const PEGGED = new Set([
  'USDT', 'USDC', 'FDUSD', 'BUSD', 'TUSD', 'USDP', 'PAX', 'DAI', 'USDD', 'USDS', 'USDE', 'USD1', 'USDB', 'USDG', 'USDQ', 'USDJ', 'PYUSD', 'RLUSD', 'XUSD',
  'BFUSD', 'GUSD', 'HUSD', 'SUSD', 'LUSD', 'FRAX', 'MIM', 'VAI', 'UST', 'USTC', 'EURC', 'EURT', 'EURS', 'EURI', 'EURQ', 'EURR', 'AEUR', 'GYEN', 'XSGD',
  'USD', 'EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'AUD', 'TRY', 'BRL', 'ARS', 'MXN', 'COP', 'PLN', 'CZK', 'UAH', 'RUB', 'NGN', 'ZAR', 'IDR', 'BIDR', 'IDRT',
  'BKRW', 'BVND', 'SGD', 'INR', 'AED',
]) // biome-ignore format: a list of words

function isPegged(asset: string): boolean {
  return PEGGED.has(asset)
}

/** Whether amounts of this asset are about dollars, so that one least volume serves all of its markets. */
export function isDollar(asset: string): boolean {
  return /^(USD|USDT|USDC|FDUSD|BUSD|TUSD|DAI)$/.test(asset)
}

/** `*` any letters, `?` one; the whole symbol, in whatever case. */
function patternOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'i')
}
