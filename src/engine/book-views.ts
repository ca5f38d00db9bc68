import type { Account } from './account.ts'
import type { LateMarks } from './late-marks.ts'
import type { Position } from './position.ts'
import type { AccountView, PositionView } from './strategy.ts'
import { snapshot, strictBase } from './view.ts'

/**
 * What a strategy reads of the books. The ledger itself never leaves the engine: who holds it could make money. Reused
 * for the whole run, as bars are, so that a bar allocates nothing.
 */

const ACCOUNT = ['cash', 'free', 'equity', 'fees', 'trades', 'wins', 'grossProfit', 'grossLoss'] as const
const POSITION = ['qty', 'entryPrice', 'entryTime', 'unrealised', 'bars', 'high', 'low'] as const

export class AccountReading extends strictBase('account', ACCOUNT) implements AccountView {
  readonly #account: Account
  readonly #marks: LateMarks | null

  constructor(account: Account, marks: LateMarks | null) {
    super()
    this.#account = account
    this.#marks = marks
    Object.freeze(this)
  }
  get cash() {
    return this.#account.cash
  }
  get free() {
    this.#marks?.take()
    return this.#account.free
  }
  get equity() {
    this.#marks?.take()
    return this.#account.equity
  }
  get fees() {
    return this.#account.fees
  }
  get trades() {
    return this.#account.trades
  }
  get wins() {
    return this.#account.wins
  }
  get grossProfit() {
    return this.#account.grossProfit
  }
  get grossLoss() {
    return this.#account.grossLoss
  }
  toJSON() {
    return snapshot(this, ACCOUNT)
  }
}

export class PositionReading extends strictBase('position', POSITION) implements PositionView {
  readonly #position: Position
  readonly #marks: LateMarks | null

  constructor(position: Position, marks: LateMarks | null) {
    super()
    this.#position = position
    this.#marks = marks
    Object.freeze(this)
  }
  get qty() {
    return this.#position.qty
  }
  get entryPrice() {
    return this.#position.entryPrice
  }
  get entryTime() {
    return this.#position.entryTime
  }
  get unrealised() {
    return this.#position.unrealised
  }
  get bars() {
    return this.#position.bars
  }
  get high() {
    this.#marks?.take()
    return this.#position.high
  }
  get low() {
    this.#marks?.take()
    return this.#position.low
  }
  toJSON() {
    return snapshot(this, POSITION)
  }
}

// for all runs
Object.freeze(AccountReading.prototype)
Object.freeze(PositionReading.prototype)
