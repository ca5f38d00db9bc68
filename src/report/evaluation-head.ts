import type { EvaluationDocument } from '../core/evaluation.ts'
import { definitionWords, kindWords } from './evaluation-definition.ts'
import { count, date, decimal, duration, plural, rate } from './format.ts'
import { escapeHtml } from './html.ts'
import { seriesText } from './what-was-run.ts'

/** The head of the page: the model, what it was taught, on which data. */
export function whatWasTrained(document: EvaluationDocument): string {
  const { data, definition, costs, classes, seed } = document
  const features = document.series[0]?.features.length ?? 0
  const chips = [
    ...(['label', 'model', 'split', 'scale', 'rebalance'] as const)
      .filter((key) => definition[key] !== undefined)
      .map((key) => `${key}: ${key === 'label' ? definitionWords(definition[key]) : kindWords(definition[key])}`),
    plural(features, 'feature'),
    `${classes} classes`,
    `seed ${seed}`,
  ]
  const from = Math.min(...data.map((one) => one.from))
  const to = Math.max(...data.map((one) => one.to))
  const gaps = data.reduce((sum, one) => sum + one.gaps.bars, 0)
  const facts = [
    seriesText(data.map((one) => one.series)),
    ...(data.length === 0 ? [] : [`${date(from)} to ${date(to)} UTC (${duration(to - from)})`]),
    `${plural(
      data.reduce((sum, one) => sum + one.rows, 0),
      'bar',
    )}${gaps > 0 ? `, ${count(gaps)} missing` : ''}`,
    ...(costs.none
      ? []
      : [`costs of a side: fee ${rate(costs.feeTaker)}, slippage ${decimal(costs.slippageBps, 1)} basis points`]),
  ]
  return `<p class="eyebrow">Model ${escapeHtml(document.run)}</p><h1>${escapeHtml(document.model)}</h1>
<p class="params">${chips.map((chip) => `<span class="param">${escapeHtml(chip)}</span>`).join(' ')}</p>
<p class="facts">${facts.join(' · ')}</p>`
}

/** What nobody may miss, in red. */
export function alarms({ stopped, costs }: EvaluationDocument): string {
  const alarm = (text: string) => `<p class="alarm" role="alert">${text}</p>`
  return [
    stopped === null
      ? ''
      : alarm(
          `<strong>Training was stopped</strong> at step ${count(stopped.step)} of fold ${stopped.fold} on ${escapeHtml(stopped.series)}. What follows is of what was trained until then; no backtest takes this model unasked.`,
        ),
    costs.none
      ? alarm(
          '<strong>All costs were set to zero.</strong> Nobody could have traded like this: figures in money promise too much.',
        )
      : '',
  ].join('')
}
