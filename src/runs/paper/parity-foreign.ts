import { ledgerFor } from '../../core/money.ts'
import { timeName } from '../../core/time.ts'
import { type ForeignIncome, incomesOf } from './foreign-income.ts'
import { type ForeignTrade, foreignOf, gapOf } from './foreign-trade.ts'
import { idOf, moneyBeside, type OtherTrade, type OwnFill } from './money-beside.ts'
import { incomeSteps } from './parity-income.ts'
import { exactly, exactText, factor, unitsOf } from './parity-money.ts'
import type { PlayedSession, RecordedSession } from './parity-session.ts'
import type { Step } from './parity-steps.ts'
import { toldTradeOf } from './told-trade.ts'

/** What a comparison with the account allows for before it halts: of the quote asset, and of the wallet. */
const SLACK = 0.01
const SLACK_RATE = 1e-6

/** What was done to a session's account by others: with it what the session came to is what its account came to. */
export interface Foreign {
  readonly steps: readonly Step[]
  /** Of what nobody knows, in units of the ledger. */
  readonly units: number
  readonly unaccounted: readonly string[]
}

interface Seen {
  readonly trades: readonly OtherTrade[]
  /** Fills that the session had been told of by then. */
  readonly fills: readonly OwnFill[]
  /** Of those, fees reckoned in the quote asset that were taken in another. */
  readonly elsewhere: number
  /** What other symbols had added to the wallet. */
  readonly income: number
}

/** Trades of somebody else on the account, each with its money, what other symbols paid, and what the account holds beyond all trades. */
export function compareForeign({ file, records }: RecordedSession, { result, instants }: PlayedSession): Foreign {
  const ledger = ledgerFor(file.cash)
  const trades: Seen['trades'][number][] = []
  const gaps = new Map<string, { readonly off: string; readonly seen: Seen }>()
  const incomes: ForeignIncome[] = []
  const ids: number[] = []
  let [fills, elsewhere, income] = [0, 0, 0]
  const known = (many: number) =>
    result.fills.slice(0, many).map((fill, k) => ({ ...fill, tradeId: ids[k] ?? Number.NaN }))
  for (const record of records) {
    if (record.kind === 'told' && record.told.kind === 'fill') fills++
    if (record.kind !== 'broker') continue
    const own = toldTradeOf(record)
    if (own !== null) ids.push(idOf(own.tradeId))
    if (record['feeIn'] !== undefined) elsewhere += Number((record['told'] as { fee: string }).fee)
    const trade = foreignOf(record)
    if (trade !== null) trades.push({ ...trade, after: fills })
    for (const one of incomesOf(record)) {
      incomes.push(one)
      income += Number(one.amount)
    }
    const gap = gapOf(record)
    if (gap === null) continue
    const seen = { trades: [...trades], fills: known(fills), elsewhere, income }
    gaps.set(gap.of, { off: gap.off, seen })
  }
  const slotOf = (of: string) => file.slots.findIndex(({ instrument }) => instrument.symbol === of)
  const markOf = (of: string) => {
    const open = result.openTrades.find((one) => one.symbol === of)
    const bar = instants.flatMap(({ bars }) => bars).findLast(({ slot }) => slot === slotOf(of))
    return open?.markPrice ?? bar?.mark?.close ?? bar?.close ?? null
  }
  const steps = trades.map((trade): Step => {
    const exact = worthOf(trade, markOf(trade.symbol) ?? Number(trade.price))
    return { ...stepOf(trade), units: unitsOf(exact, ledger) }
  })
  const isSpot = file.slots.some(({ margin }) => margin === null)
  const unaccounted: string[] = []
  let units = 0
  for (const [of, { off, seen }] of gaps) {
    const left = of === '' ? walletLeft(Number(off), seen, isSpot, file.cash) : heldLeft(off, of, seen)
    if (left === 0n) continue
    if (of === '') units += unitsOf(left, ledger)
    unaccounted.push(gapText(of, left, file.quote))
  }
  return { steps: [...steps, ...incomeSteps(incomes, ledger)], units, unaccounted }
}

function stepOf({ symbol, side, qty, price, fee, feeAsset, at, orderId, clientId, system }: ForeignTrade) {
  const text =
    system === null
      ? `somebody else traded on the account: order ${orderId} (${clientId})`
      : systemText(`${system}-${orderId}`)
  const paper = `${side} ${qty} at ${price}, ${timeName(at)}, fee ${fee}${feeAsset === 'base' ? ' of it' : ''}`
  return { cause: 'foreign', symbol, at, text, paper, backtest: 'nobody else trades' } as const
}

/** @param id as the session's books have what the exchange itself has done to the position: `auto-deleveraging-5` */
export function systemText(id: string): string {
  const at = id.lastIndexOf('-')
  return `the exchange itself traded the position away: ${id.slice(0, at)}, order ${id.slice(at + 1)}`
}

/** Signed, × 10^14, without what was taken out of it as a fee. */
function coinsOf({ side, qty, fee, feeAsset }: ForeignTrade): bigint {
  const bought = factor(Number(qty))
  return (side === 'buy' ? bought : -bought) - (feeAsset === 'base' ? factor(Number(fee)) : 0n)
}

/** (mark − price) × signed quantity − fee: what it adds to the account, × 10^28. */
function worthOf(trade: ForeignTrade, mark: number): bigint {
  const { side, qty, price, fee, feeAsset } = trade
  const paid = factor(Number(price)) * (side === 'buy' ? factor(Number(qty)) : -factor(Number(qty)))
  return factor(mark) * coinsOf(trade) - paid - (feeAsset === 'base' ? 0n : exactly(Number(fee)))
}

/** What an account holds of a symbol beyond all trades, × 10^14. */
function heldLeft(off: string, of: string, { trades }: Seen): bigint {
  const known = trades.filter(({ symbol }) => symbol === of).reduce((sum, trade) => sum + coinsOf(trade), 0n)
  return factor(Number(off)) - known
}

/** What the wallet holds beyond all trades, × 10^28. */
function walletLeft(off: number, { trades, fills, elsewhere, income }: Seen, isSpot: boolean, cash: number): bigint {
  const left = Number((off - elsewhere - income - moneyBeside(trades, fills, isSpot)).toFixed(8))
  return Math.abs(left) > Math.max(SLACK, cash * SLACK_RATE) ? exactly(left) : 0n
}

function gapText(of: string, left: bigint, quote: string): string {
  const more = left > 0n ? 'more' : 'less'
  const size = left < 0n ? -left : left
  return of === ''
    ? `the wallet holds ${exactText(size)} ${quote} ${more} than all trades explain, the session’s and those of others: changed by no trade`
    : `${of}: the account holds ${exactText(size * 10n ** 14n)} ${more} than all trades explain, the session’s and those of others`
}
