import type { BrokerNote } from './paper-broker.ts'

/** Payments that trading in a symbol which is not the session's made on its account: of one symbol and kind, together. */
export interface ForeignIncome {
  readonly symbol: string
  /** As the exchange names it: `REALIZED_PNL`, `COMMISSION`, `FUNDING_FEE`, `INSURANCE_CLEAR`. */
  readonly type: string
  /** Signed, in the quote asset: what they added to the wallet. */
  readonly amount: string
  readonly count: number
  /** Exchange's time of the last of them, UTC ms. */
  readonly at: number
}

/** How far the account's income has been read. */
export interface IncomeMark {
  /** Exchange's time of the newest row, UTC ms; 0: there was none. */
  readonly at: number
  /** Rows of other symbols about that time: they come again in the next list. */
  readonly keys: readonly string[]
}

export function incomeNote(incomes: readonly ForeignIncome[], mark: IncomeMark): BrokerNote {
  return { kind: 'broker', note: 'foreign-income', incomes, ...mark }
}

/** @returns none for any other note */
export function incomesOf(note: BrokerNote): readonly ForeignIncome[] {
  return note.note === 'foreign-income' ? (note['incomes'] as ForeignIncome[]) : []
}
