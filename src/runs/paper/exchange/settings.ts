import { parseDecimal } from '../../../core/decimal.ts'
import type { Filters } from '../../../core/instrument.ts'
import { parseExchangeInfo } from '../../../data/exchange-info.ts'
import type { BrokerSymbol } from '../paper-broker.ts'
import type { Context } from './context.ts'
import { unitsOf } from './exact.ts'
import { type Fields, fieldsOf, rowsOf, textIn } from './fields.ts'
import { riskOf } from './usdm-market.ts'

/** Binance's own asset: with a discount all fees are taken in it, whatever is traded. */
const DISCOUNT = 'BNB'
/** Margin type is as asked for already. */
const NO_CHANGE = -4046

/**
 * What the account must be set to, and the rules that the exchange must have, for the engine's reckoning to be true there: one-way
 * positions, one asset as margin, the session's leverage and margin mode, and a grid on which the engine's orders lie.
 */
export class Settings {
  readonly #context: Context
  /** Symbols of which the exchange takes order lists (OCO). */
  readonly #listed = new Set<string>()

  constructor(context: Context) {
    this.#context = context
  }

  takesLists(symbol: string): boolean {
    return this.#listed.has(symbol)
  }

  /**
   * Sets leverage and margin mode where they differ. The account's modes are everybody's and are not touched.
   * @throws Error that says what stands in the way
   */
  async prepare(): Promise<void> {
    if (this.#context.market.hasMargin) await this.#prepareMargin()
    else await this.#checkFees()
    const rules = await this.rules()
    if (rules === null) throw new Error('the rules of the exchange (exchangeInfo) could not be read')
    if (rules.length > 0) throw new Error(rules.join('; '))
  }

  /** Fees of sales that are taken out of the very coins: what is left could not be sold as the engine sells it. */
  async #checkFees(): Promise<void> {
    for (const { symbol, instrument } of this.#context.host.symbols) {
      if (instrument.base !== DISCOUNT) continue
      const outcome = await this.#context.gate.read('api/v3/account/commission', { symbol })
      const { enabledForAccount, enabledForSymbol, discountAsset } = fieldsOf(
        outcome.kind === 'done' ? fieldsOf(outcome.reply)['discount'] : {},
      )
      if (enabledForAccount === true && enabledForSymbol !== false && discountAsset === instrument.base)
        throw new Error(
          `${symbol}: this account pays its fees in ${DISCOUNT}, those of sales too, out of the coins that the session trades: turn that off (Binance: "Using BNB for Fees"), so that fees are taken in what is received`,
        )
      if (typeof enabledForAccount === 'boolean') continue
      const why = outcome.kind === 'done' ? 'its answer does not say' : outcome.text
      this.#context.alarm(
        'fees-unread',
        'warning',
        `${symbol}: whether this account pays its fees in ${DISCOUNT} could not be read (${why}): where it does, those of sales are taken out of the coins that the session trades, and the first of them halts it; see to it that this is off (Binance: "Using BNB for Fees")`,
        { symbol },
      )
    }
  }

  async #prepareMargin(): Promise<void> {
    const wrong = await this.#modes()
    if (wrong === null) throw new Error('the account could not be read')
    if (wrong.length > 0) throw new Error(wrong.join('; '))
    for (const one of this.#context.host.symbols) await this.#prepareSymbol(one)
  }

  async #prepareSymbol({ symbol, leverage, margin }: BrokerSymbol): Promise<void> {
    const risk = await riskOf(this.#context.gate, symbol)
    if (risk === null) throw new Error(`${symbol}: its position could not be read`)
    if (margin !== null && modeOf(risk) !== margin) {
      const marginType = margin === 'cross' ? 'CROSSED' : 'ISOLATED'
      const outcome = await this.#context.gate.send('POST', 'fapi/v1/marginType', { symbol, marginType })
      if (outcome.kind !== 'done' && !(outcome.kind === 'refused' && outcome.code === NO_CHANGE))
        throw new Error(`${symbol}: margin mode ${margin} could not be set: ${outcome.text}`)
    }
    if (Number(textIn(risk, 'leverage')) !== leverage) {
      const outcome = await this.#context.gate.send('POST', 'fapi/v1/leverage', { symbol, leverage })
      if (outcome.kind !== 'done') throw new Error(`${symbol}: leverage ${leverage} could not be set: ${outcome.text}`)
    }
  }

  /** What is wrong with a symbol's settings; empty where nothing is. */
  wrongWith({ symbol, leverage, margin }: BrokerSymbol, risk: Fields): string[] {
    const found: string[] = []
    const has = Number(textIn(risk, 'leverage'))
    if (has !== leverage) found.push(`${symbol}: leverage is ${has} there, and the session reckons with ${leverage}`)
    if (margin !== null && modeOf(risk) !== margin)
      found.push(`${symbol}: margin mode is ${modeOf(risk)} there, and the session reckons with ${margin}`)
    return found
  }

  /** What is wrong with the account's modes; `null`: it did not say. */
  async #modes(): Promise<string[] | null> {
    const [dual, multi] = await Promise.all([
      this.#context.gate.read('fapi/v1/positionSide/dual'),
      this.#context.gate.read('fapi/v1/multiAssetsMargin'),
    ])
    for (const outcome of [dual, multi])
      if (outcome.kind === 'refused') throw new Error(`the exchange refuses to show the account: ${outcome.text}`)
    if (dual.kind !== 'done' || multi.kind !== 'done') return null
    const found: string[] = []
    if (String(fieldsOf(dual.reply)['dualSidePosition']) === 'true')
      found.push(
        'the account is in hedge mode: set its position mode to one-way, the engine keeps one net position a symbol',
      )
    if (String(fieldsOf(multi.reply)['multiAssetsMargin']) === 'true')
      found.push(
        'the account is in multi-assets mode: set it to single-asset, or its margin is another than the engine reckons with',
      )
    return found
  }

  /** Halts where somebody has changed what the session reckons with. Says whether all of it could be read. */
  async check(): Promise<boolean> {
    if (!this.#context.market.hasMargin) return true
    const modes = await this.#modes()
    const wrong = modes ?? []
    let isRead = modes !== null
    for (const one of this.#context.host.symbols) {
      const risk = await riskOf(this.#context.gate, one.symbol)
      if (risk === null) isRead = false
      else wrong.push(...this.wrongWith(one, risk))
    }
    if (wrong.length > 0) await this.#context.halt('settings-changed', wrong.join('; '), {})
    else this.#context.calm('settings-changed')
    return isRead
  }

  /** Where the exchange's rules have become such that the engine's orders need not fit them; `null`: it did not say. */
  async rules(): Promise<string[] | null> {
    const outcome = await this.#context.gate.read(this.#context.market.paths.info, {}, { isSigned: false })
    if (outcome.kind !== 'done') return null
    const info = fieldsOf(outcome.reply)
    const ours = new Set(this.#context.host.symbols.map(({ symbol }) => symbol))
    // others may be listed and not trade yet, with a tick of 0
    const symbols = rowsOf(info['symbols']).filter((row) => ours.has(textIn(row, 'symbol')))
    this.#listed.clear()
    for (const row of symbols) if (row['ocoAllowed'] === true) this.#listed.add(textIn(row, 'symbol'))
    const { symbols: known } = parseExchangeInfo({ ...info, symbols }, 'exchangeInfo')
    return this.#context.host.symbols.flatMap(({ symbol, instrument }) => {
      const found = known.find((one) => one.symbol === symbol)
      if (found === undefined) return [`${symbol} is not listed there`]
      if (found.status !== '' && found.status !== 'TRADING')
        return [`${symbol} does not trade there: it is ${found.status}`]
      return misfits(symbol, instrument.snapshots.at(-1)!.filters, found.snapshot.filters)
    })
  }

  /** Reads the rules anew, and halts where orders need not fit any more. */
  async checkRules(): Promise<void> {
    const wrong = await this.rules()
    if (wrong === null) return
    if (wrong.length > 0) await this.#context.halt('rules-changed', wrong.join('; '), {})
    else this.#context.calm('rules-changed')
  }
}

/** What is legal by `ours` must lie on the grid of `theirs`, and what fills there must not be finer than the engine reckons. */
function misfits(symbol: string, ours: Filters, theirs: Filters): string[] {
  const grids = [
    ['tick size', ours.price?.tick, theirs.price?.tick],
    ['step size', ours.lot?.step, theirs.lot?.step],
  ] as const
  const found: string[] = grids.flatMap(([what, own, other]) =>
    own === undefined || other === undefined || (isMultiple(own, other) && !isFiner(other, own))
      ? []
      : [
          `${symbol}: the exchange's ${what} is ${other}, the session's ${own}: store the rules of this exchange and start anew`,
        ],
  )
  const notional = [ours.notional?.min ?? '0', theirs.notional?.min ?? '0'] as const
  if (unitsOf(notional[0]) < unitsOf(notional[1]))
    found.push(
      `${symbol}: the exchange's smallest notional is ${notional[1]}, the session's ${notional[0]}: store the rules of this exchange and start anew`,
    )
  return found
}

function isMultiple(value: string, of: string): boolean {
  const grid = unitsOf(of)
  return grid === 0n || unitsOf(value) % grid === 0n
}

function isFiner(value: string, than: string): boolean {
  return parseDecimal(value).decimals > parseDecimal(than).decimals
}

function modeOf(risk: Fields): 'cross' | 'isolated' {
  return textIn(risk, 'marginType').toLowerCase().startsWith('iso') ? 'isolated' : 'cross'
}
