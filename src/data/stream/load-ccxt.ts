import { DataError } from '../data-error.ts'
import { type ImportPackage, importPackage, isMissing } from '../optional-package.ts'

/** What a feed uses of a ccxt.pro exchange. */
export interface CcxtExchange {
  urls: { api: Record<string, unknown> }
  options: Record<string, unknown>
  /** What its numbers are made with: texts stay texts. */
  number: (value: string) => unknown
  readonly markets: Readonly<Record<string, CcxtMarket>>
  loadMarkets(): Promise<unknown>
  /** ws:// needs it, wss:// does not. */
  loadHttpProxyAgent(): Promise<unknown>
  /** What it would ask for, with its markets, that no candle needs. */
  readonly has: Record<string, unknown>
  /** Whether it hands on as many candles as were updated, rather than those. */
  newUpdates: boolean
  /** Candles that it keeps, by symbol. */
  ohlcvs: Record<string, unknown>
  watchOHLCV(
    symbol: string,
    timeframe: string,
    since: undefined,
    limit: number,
  ): Promise<readonly (readonly unknown[])[]>
  close(): Promise<unknown>
  /** Called with every message about candles that it reads. */
  handleOHLCV(client: unknown, message: unknown): void
  /** Called when a connection is there, and when it is lost. */
  onConnected(client: unknown, message?: unknown): void
  onError(client: unknown, error: unknown): void
  onClose(client: unknown, error: unknown): void
}

export interface CcxtMarket {
  readonly symbol: string
  readonly id: string
  readonly spot?: boolean
  readonly info?: { readonly altname?: string }
}

type CcxtPro = Readonly<Record<string, new (config: object) => CcxtExchange>>

/** @throws DataError that says what to install */
export async function loadCcxt(load: ImportPackage = importPackage): Promise<CcxtPro> {
  const name = 'ccxt'
  try {
    const { default: ccxt } = (await load(name)) as { default: { pro: CcxtPro } }
    return ccxt.pro
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new DataError(`streams of Kraken and KuCoin need ccxt, which is not installed: npm install ${name}`, {
      cause: error,
    })
  }
}
