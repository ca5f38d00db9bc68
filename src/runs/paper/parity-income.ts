import type { Ledger } from '../../core/money.ts'
import { timeName } from '../../core/time.ts'
import type { ForeignIncome } from './foreign-income.ts'
import { exactly, exactText, unitsOf } from './parity-money.ts'
import type { Step } from './parity-steps.ts'

const NAMES: Readonly<Record<string, string>> = {
  REALIZED_PNL: 'realised profit',
  COMMISSION: 'fees',
  FUNDING_FEE: 'funding',
  INSURANCE_CLEAR: 'liquidation',
}

/** What other symbols did to a session's account: all payments of a symbol and kind are one difference. @param incomes oldest first */
export function incomeSteps(incomes: readonly ForeignIncome[], ledger: Ledger): Step[] {
  const all = Map.groupBy(incomes, ({ symbol, type }) => `${symbol} ${type}`)
  return [...all.values()].map((own): Step => {
    const { symbol, type } = own[0]!
    const exact = own.reduce((sum, { amount }) => sum + exactly(Number(amount)), 0n)
    const count = own.reduce((sum, one) => sum + one.count, 0)
    const at = Math.max(...own.map((one) => one.at))
    const payments = `${count} payment${count === 1 ? '' : 's'}`
    return {
      ...{ cause: 'foreign', symbol, at, units: unitsOf(exact, ledger), backtest: 'nobody else trades' },
      text: `somebody else traded ${symbol} on the account: ${NAMES[type] ?? type}`,
      paper: `${exactText(exact)} in ${payments} until ${timeName(at)}`,
    }
  })
}
