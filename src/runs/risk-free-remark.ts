import { rate } from '../report/format.ts'

/** Two Sharpe ratios of one curve stand on a page: trials of a ledger have rates of their own, so what is said of luck has none. */
export function riskFreeRemark(riskFree: number): string[] {
  return riskFree === 0
    ? []
    : [
        `What is said of luck is of Sharpe ratios with no risk-free rate taken off; those of the tables have ${rate(riskFree).replaceAll('\u202f', ' ')} a year taken off.`,
      ]
}
