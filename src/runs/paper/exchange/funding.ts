import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import { amountIn, type Fields, rowsOf, textIn } from './fields.ts'

const HOUR = 3_600_000

/**
 * Funding as the account's income lists it: the stream's event names no symbol on cross margin, and may be lost. Asked for when the stream
 * tells of some, and after every full hour.
 */
export class Funding {
  readonly #context: Context
  #askedAt = 0
  #underway: Promise<void> | null = null
  #isAskedAgain = false

  constructor(context: Context) {
    this.#context = context
  }

  /** Keys of what was paid before the session, which the engine is not told of. */
  async before(): Promise<string[] | null> {
    this.#askedAt = this.#context.gate.now()
    return (await this.#incomes())?.map(keyOf) ?? null
  }

  get isDue(): boolean {
    return Math.floor(this.#context.gate.now() / HOUR) > Math.floor(this.#askedAt / HOUR)
  }

  /** Asks, and tells of what is new. */
  async take(): Promise<void> {
    this.#isAskedAgain = true
    this.#underway ??= this.#takeAll().finally(() => {
      this.#underway = null
    })
    return this.#underway
  }

  async #takeAll(): Promise<void> {
    while (this.#isAskedAgain && !this.#context.signal.aborted) {
      this.#isAskedAgain = false
      const asked = this.#context.gate.now()
      const incomes = await this.#incomes()
      if (incomes === null) return
      this.#askedAt = asked
      for (const income of incomes) await this.#takeOne(income)
    }
  }

  async #takeOne(income: Fields): Promise<void> {
    const key = keyOf(income)
    const symbol = textIn(income, 'symbol')
    if (this.#context.teller.has(key) || !this.#context.host.symbols.some((one) => one.symbol === symbol)) return
    const at = Number(income['time'])
    const { rate, mark } = await this.#rateOf(symbol, at)
    const paid = textOf(-unitsOf(amountIn(income, 'income')))
    await this.#context.teller.tell(key, { kind: 'funding', symbol, paid, rate, mark, at })
  }

  async #incomes(): Promise<readonly Fields[] | null> {
    const outcome = await this.#context.gate.read('fapi/v1/income', { incomeType: 'FUNDING_FEE', limit: 1000 })
    if (outcome.kind === 'done') return rowsOf(outcome.reply)
    this.#context.host.log('warn', `funding could not be read: ${outcome.text}`)
    return null
  }

  /** For the record only: what was paid is known. */
  async #rateOf(symbol: string, at: number): Promise<{ rate: string; mark: string }> {
    const params = { symbol, startTime: at - 60_000, endTime: at + 60_000, limit: 1 }
    const outcome = await this.#context.gate.read('fapi/v1/fundingRate', params, { isSigned: false })
    const row = outcome.kind === 'done' ? rowsOf(outcome.reply)[0] : undefined
    const { rate, mark } = { rate: textIn(row ?? {}, 'fundingRate'), mark: textIn(row ?? {}, 'markPrice') }
    return { rate: rate || '0', mark: mark || String(this.#context.host.run.lastClose(symbol)?.price ?? 0) }
  }
}

function keyOf(income: Fields): string {
  return `funding ${textIn(income, 'symbol')} ${textIn(income, 'tranId') || textIn(income, 'time')}`
}
