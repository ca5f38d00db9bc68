import { type ForeignIncome, type IncomeMark, incomeNote } from '../foreign-income.ts'
import type { BrokerNote } from '../paper-broker.ts'
import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import { amountIn, type Fields, rowsOf, textIn } from './fields.ts'

/** Most rows of one answer, and the longest stretch that it is of: where no start is given, the newest. */
const PAGE = 1000
const WINDOW = 7 * 86_400_000
/** Rows may be listed a little after younger ones, ms. */
const LATE = 60_000

/** What symbols that are not the session's pay into the wallet and take out of it, as the account's income lists it. */
export class OtherSymbols {
  readonly #context: Context
  /** `null` in a session that did not note how far it had been read when it began: what is of before nobody can tell there. */
  #mark: IncomeMark | null = null
  /** What came while no process listened may be older than what a list without a start has. */
  #isBehind = false

  constructor(context: Context) {
    this.#context = context
  }

  /** How far it goes now: what is listed by then is in the wallet that the session begins with; `null`: it could not be read. */
  async begin(): Promise<IncomeMark | null> {
    const rows = await this.#rows({})
    this.#mark = rows === null ? null : markOf(rows, this.#others(rows), { at: 0, keys: [] })
    return this.#mark
  }

  /** @param begun of the baseline */
  restore(begun: IncomeMark | undefined, notes: readonly BrokerNote[]): void {
    const last = notes.findLast(({ note }) => note === 'foreign-income') as (IncomeMark & BrokerNote) | undefined
    const { at, keys } = last ?? begun ?? {}
    this.#mark = at === undefined || keys === undefined ? null : { at, keys }
    this.#isBehind = true
  }

  /** Asks, and takes what is new into what is known; says whether all of it was read. */
  async take(): Promise<boolean> {
    const before = this.#mark
    if (before === null) return true
    const rows = await this.#since(before)
    if (rows === null) return false
    const had = new Set(before.keys)
    const fresh: Fields[] = []
    for (const row of this.#others(rows)) {
      const key = keyOf(row)
      if (Number(row['time']) < before.at - LATE || had.has(key)) continue
      had.add(key)
      fresh.push(row)
    }
    this.#mark = markOf(rows, this.#others(rows), before)
    this.#isBehind = false
    if (fresh.length === 0) return true
    const incomes = summed(fresh)
    await this.#context.host.note(incomeNote(incomes, this.#mark))
    this.#context.known.addIncomes(incomes)
    for (const { symbol } of incomes) sayOther(this.#context, symbol)
    return true
  }

  /** All rows since then, and perhaps older ones. */
  async #since({ at }: IncomeMark): Promise<readonly Fields[] | null> {
    const newest = await this.#rows({})
    if (newest === null) return null
    const times = newest.map((row) => Number(row['time']))
    const isCut = newest.length >= PAGE && Math.min(...times) > at - LATE
    if (at === 0 || !(isCut || this.#isBehind)) return newest
    const all = [...newest]
    const end = times.length === 0 ? this.#context.gate.now() : Math.max(...times)
    for (let startTime = Math.max(0, at - LATE); startTime <= end && !this.#context.signal.aborted; ) {
      const rows = await this.#rows({ startTime })
      if (rows === null) return null
      all.push(...rows)
      const last = Number(rows.at(-1)?.['time'] ?? startTime)
      startTime = rows.length < PAGE ? startTime + WINDOW : Math.max(last, startTime + 1)
    }
    return all
  }

  async #rows(from: { readonly startTime?: number }): Promise<readonly Fields[] | null> {
    const outcome = await this.#context.gate.read('fapi/v1/income', { ...from, limit: PAGE })
    if (outcome.kind === 'done') return rowsOf(outcome.reply)
    this.#context.host.log('warn', `income of the account could not be read: ${outcome.text}`)
    return null
  }

  /** A transfer has no symbol, and is nobody's trade. */
  #others(rows: readonly Fields[]): Fields[] {
    const { symbols } = this.#context.host
    const quote = symbols[0]?.instrument.quote ?? 'USDT'
    return rows.filter((row) => {
      const symbol = textIn(row, 'symbol')
      return symbol !== '' && textIn(row, 'asset') === quote && !symbols.some((one) => one.symbol === symbol)
    })
  }
}

/** Says, once a symbol, that others trade it on the session's account. */
export function sayOther(context: Context, symbol: string): void {
  context.known.others.add(symbol)
  const shared = context.market.hasMargin
    ? 'margin'
    : 'money, and what it spends halts the session, as on spot nothing tells how much that was; trade it on another account'
  context.alarm(
    'other-symbol',
    'warning',
    `${symbol} is traded on this account and not by this session: they share its ${shared}`,
    { symbol },
  )
}

function markOf(rows: readonly Fields[], others: readonly Fields[], before: IncomeMark): IncomeMark {
  const at = rows.reduce((most, row) => Math.max(most, Number(row['time'])), before.at)
  const near = others.filter((row) => Number(row['time']) >= at - LATE).map(keyOf)
  return { at, keys: [...new Set(near)] }
}

function summed(rows: readonly Fields[]): ForeignIncome[] {
  const sums = new Map<string, ForeignIncome>()
  for (const row of rows) {
    const [symbol, type] = [textIn(row, 'symbol'), textIn(row, 'incomeType')]
    const had = sums.get(`${symbol} ${type}`)
    const amount = textOf(unitsOf(had?.amount ?? '0') + unitsOf(amountIn(row, 'income')))
    const at = Math.max(had?.at ?? 0, Number(row['time']))
    sums.set(`${symbol} ${type}`, { symbol, type, amount, count: (had?.count ?? 0) + 1, at })
  }
  return [...sums.values()]
}

function keyOf(row: Fields): string {
  return ['symbol', 'incomeType', 'tranId', 'tradeId', 'time'].map((name) => textIn(row, name)).join(' ')
}
