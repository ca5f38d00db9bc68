import { fromUnits } from '../core/decimal.ts'
import { emptyList } from '../core/empty-list.ts'
import type { Fill } from '../core/fill.ts'
import { fromLedger, notionalUnits, type Rate } from '../core/money.ts'
import type { Trade } from '../core/trade.ts'
import type { Account } from './account.ts'
import type { EventLog } from './event-log.ts'
import type { LiveOrder } from './live-order.ts'
import type { Margin } from './margin.ts'
import type { RiskGuard } from './risk-guard.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** One execution as it enters the books: whole units only. */
export interface Entry {
  readonly order: Pick<LiveOrder, 'id' | 'role' | 'tag'> & Partial<Pick<LiveOrder, 'isAlive' | 'tif'>>
  readonly side: 1 | -1
  readonly qty: number
  readonly price: number
  readonly reference: number
  readonly phase: Fill['phase']
  readonly isMaker: boolean
  /** A rate, or the amount where it is stated: in ledger units, of the base asset in its own. */
  readonly fee: Rate | number
  /** Whether an exchange has said that it took the fee in the base asset; else the costs say so. */
  readonly feeInBase?: boolean
  readonly exitCause: string
  /** Of what an exchange filled: the row of the bar inside which it did, −1 at an open. */
  readonly insideRow?: number
  /** When, where an exchange says so, UTC ms; else by the phase of the bar. */
  readonly at?: number
}

/** Exits after which a symbol may have to rest. */
const STOPPED = ['stop', 'trail', 'liquidation']

/** The books of a run: fills, trades and the account, entered together so that they cannot disagree. */
export class Books {
  /** Those that are kept; all of them, unless somebody forgets them. */
  readonly fills: Fill[] = emptyList()
  readonly trades: Trade[] = emptyList()
  #count = 0
  readonly #account: Account
  readonly #margin: Margin | null
  readonly #guard: RiskGuard | null
  readonly #log: EventLog

  constructor(account: Account, margin: Margin | null, guard: RiskGuard | null, log: EventLog) {
    this.#account = account
    this.#guard = guard
    this.#margin = margin
    this.#log = log
  }

  /** Enters one execution; returns how much of it (units) opened or added: after a flip, all of the new position. */
  enter(slot: Slot, entry: Entry, rules: Rules): number {
    const { side, qty, price, reference, phase, isMaker, order } = entry
    const { position, scales, costs } = slot
    const { ledger } = this.#account
    const at = entry.at ?? (phase === 'close' ? slot.closeTime : slot.openTime)
    const isReceived = costs.feeAsset === 'received' && slot.instrument.kind === 'spot'
    const feeInBase = entry.feeInBase ?? (isReceived && side === 1)
    const before = position.units
    const settled = position.settle(
      {
        side, qty, price, feeInBase,
        fee: entry.fee,
        time: at,
        row: slot.row,
        isInside: phase === 'inside' || slot.detail?.isLater === true,
        insideRow: entry.insideRow,
        trade: this.trades.length + 1,
        symbol: slot.symbol,
        entryTag: order.tag ?? 'entry',
        exitTag: order.tag ?? entry.exitCause,
      },
      this.#account,
      Math.max(1, rules.lot.step),
      (isReceived || feeInBase) && !isPartOfSale(entry) ? rules.lot.min : 0,
    ) // biome-ignore format: short keys on one line
    // what opened or added: after a flip (fills.md 20) that is all of the new position
    const opened = Math.max(0, side * position.units) - Math.max(0, side * before)
    if (slot.margin !== null) this.#margin!.reassign(slot, slot.margin, before, opened, price)
    const away = Math.abs(price - reference)
    const slippage = notionalUnits(ledger, away, scales.priceDecimals, qty, scales.qtyDecimals, 'up')
    this.#account.slippageUnits += slippage
    const fill: Fill = {
      n: ++this.#count,
      order: order.id,
      symbol: slot.symbol,
      side: side === 1 ? 'buy' : 'sell',
      role: order.role,
      time: at,
      phase,
      qty: fromUnits(qty, scales.qtyDecimals),
      price: fromUnits(price, scales.priceDecimals),
      reference: fromUnits(reference, scales.priceDecimals),
      liquidity: isMaker ? 'maker' : 'taker',
      fee: fromLedger(ledger, settled.fee),
      feeAsset: feeInBase ? slot.instrument.base : slot.instrument.quote,
      slippage: fromLedger(ledger, slippage),
      realised: fromLedger(ledger, settled.realised),
      position: position.qty,
      tag: order.tag,
    }
    this.fills.push(fill)
    this.#log.record(slot, { type: 'fill', at, fill })
    if (settled.closed !== null) this.#close(slot, settled.closed, entry.exitCause)
    if (settled.dust !== 0)
      this.#log.record(slot, {
        type: 'dust',
        at,
        symbol: slot.symbol,
        qty: fromUnits(settled.dust, scales.qtyDecimals),
      })
    return opened
  }

  #close(slot: Slot, trade: Trade, cause: string): void {
    this.trades.push(trade)
    this.#account.tally(trade.pnl)
    if (STOPPED.includes(cause)) this.#guard?.noteStop(slot, slot.closeTime)
  }
}

/** Whether a sale waits for the rest, which was accepted with it: that is sold however little it is. */
function isPartOfSale({ order, side }: Entry): boolean {
  return side === -1 && order.isAlive === true && order.tif !== 'IOC'
}
