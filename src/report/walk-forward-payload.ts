import type { WalkForwardResult } from '../core/search.ts'
import { underwater } from '../metrics/index.ts'
import { lineOf } from './account-lines.ts'
import { amountDigits } from './format.ts'
import { shapeOf, shapeText, valueText } from './search-format.ts'

/** What the page's charts are drawn from. */
export function walkForwardPayload({ document, equity, benchmark }: WalkForwardResult) {
  const { cash, windows, search, stability } = document
  const { label, form } = shapeOf(search.objective.name)
  const held = benchmark === null ? null : { ...equity, equity: benchmark }
  const judged = (value: number | null | undefined) =>
    value == null ? null : { v: value, text: shapeText(form, value, document) }
  return {
    digits: amountDigits(cash),
    objective: { label, form },
    equity: lineOf(equity.time, equity.equity, 8),
    benchmark: held === null ? null : lineOf(equity.time, held.equity, 8),
    drawdown: lineOf(equity.time, underwater(equity, cash), 5),
    benchmarkDrawdown: held === null ? null : lineOf(equity.time, underwater(held, cash), 5),
    windows: windows.map(({ window, train, test, inSample, outOfSample }) => ({
      ...{ window, train, test },
      before: judged(inSample?.objective),
      after: judged(outOfSample?.objective),
    })),
    stability: stability.map(({ name, values }) => {
      const dimension = search.dimensions.find((one) => one.name === name)
      if (dimension !== undefined && dimension.kind !== 'list')
        return {
          name,
          values,
          range: { low: dimension.from, high: dimension.to, isLog: dimension.isLog },
          listed: null,
        }
      const texts = values.map((value) => (value === null ? null : valueText(value)))
      const known = texts.filter((text) => text !== null)
      return { name, values: texts, range: null, listed: dimension?.values.map(valueText) ?? [...new Set(known)] }
    }),
  }
}
