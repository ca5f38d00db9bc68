import type { BrokerSymbol } from '../paper-broker.ts'
import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'
import { feeText, unitsOf } from './exact.ts'

/** A fee as books have it. */
interface Fee {
  /** In the quote asset, or in coins. */
  readonly fee: string
  readonly feeAsset?: 'base'
  /** The asset that it was really taken in, where it is reckoned. */
  readonly feeIn?: string
}

/** What of an execution its fee is of. */
interface Charged {
  readonly qty: string
  readonly price: string
  readonly fee: string
  readonly feeAsset: string
  readonly isMaker: boolean
}

/** Fees as the exchange takes them, whatever in, as the books have them. */
export class Fees {
  readonly #context: Context
  readonly #rates = new Map<string, BrokerSymbol['fees']>()

  constructor(context: Context) {
    this.#context = context
  }

  /**
   * Of a sale that is charged in the coins that it sells (BNBUSDT, with fees paid in BNB) the fee is taken out of coins that may not be the
   * session's: its books have it in the quote asset, and the coins are counted beside them.
   */
  async ofOwn({ symbol, terms }: Attempt, charged: Charged): Promise<Fee & { readonly feeCoins?: string }> {
    const fee = await this.of(symbol, charged)
    if (fee.feeAsset !== 'base' || terms.side === 'BUY') return fee
    return { ...(await this.#reckoned(symbol, charged)), feeCoins: fee.fee }
  }

  async sayCoinsGone(symbol: string): Promise<void> {
    const { host, resume } = this.#context
    const { base } = host.symbols.find((one) => one.symbol === symbol)!.instrument
    await this.#context.halt(
      'fee-coins',
      `${symbol}: the fee of a sale was taken in ${base}, out of the coins that this session trades, which are fewer now than its books say: nothing is opened any more; have fees taken in what is received (Binance: "Using BNB for Fees", off) and then write ${resume}`,
      { symbol },
    )
  }

  /**
   * In the quote asset, or on spot in coins of the symbol. What is taken in another asset (BNB) is reckoned at the account's rate or the
   * session's, and that is said.
   */
  async of(symbol: string, charged: Charged): Promise<Fee> {
    const { fee, feeAsset } = charged
    const { host, market } = this.#context
    const { quote, base } = host.symbols.find((one) => one.symbol === symbol)!.instrument
    if (feeAsset === '' || feeAsset === quote || unitsOf(fee) === 0n) return { fee }
    return !market.hasMargin && feeAsset === base ? { fee, feeAsset: 'base' } : this.#reckoned(symbol, charged)
  }

  async #reckoned(symbol: string, { feeAsset, qty, price, isMaker }: Charged): Promise<Fee> {
    const { instrument, fees } = this.#context.host.symbols.find((one) => one.symbol === symbol)!
    const known = await this.#ratesOf(symbol)
    this.#context.alarm(
      'fee-asset',
      'warning',
      `${symbol}: fees are taken in ${feeAsset}; here they are reckoned in ${instrument.quote} at ${known === null ? "the session's own fee rate, as the account's cannot be read" : "the account's fee rate"}`,
      { symbol, feeAsset },
    )
    const { maker, taker } = known ?? fees
    return { fee: feeText(qty, price, isMaker ? maker : taker), feeIn: feeAsset }
  }

  /** `null`: the exchange does not say. */
  async #ratesOf(symbol: string): Promise<BrokerSymbol['fees'] | null> {
    const known = this.#rates.get(symbol)
    if (known !== undefined) return known
    const found = await this.#context.market.feesThere(this.#context.gate, symbol)
    if (found === null) return null
    const rates = { maker: Number(found.maker), taker: Number(found.taker) }
    this.#rates.set(symbol, rates)
    return rates
  }
}
