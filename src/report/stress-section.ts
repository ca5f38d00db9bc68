import type { Stress } from '../core/findings.ts'
import type { RunResult } from '../core/run.ts'
import { amount, percent, signedPercent } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'
import { edgeWords, FIXED_SIZE, methodWords, slippageWords, whenWords } from './stress-words.ts'

/** How much is left of the result where trading is dearer, slower or larger than assumed (`--stress`). */
export function stressSection({ document }: RunResult): string {
  const { stress, execution, costs } = document
  if (stress === null) return ''
  const own = ownSlippage(stress, execution.slippage, costs.slippageBps)
  const latencies = [...new Set(stress.grid.map(({ latencyBars }) => latencyBars))]
  return section(
    'stress',
    'Under stress',
    `<p class="words">${escapeHtml(`${edgeWords(stress)} ${methodWords(stress)}`)}</p>`,
    `<div class="pair">${latencies.map((latency) => gridTable(stress, latency, own)).join('')}</div>`,
    capacityTable(stress, document),
  )
}

/** The column of the run itself; `null` where its instruments slip differently. */
function ownSlippage(
  { slippage: { unit, values } }: Stress,
  model: RunResult['document']['execution']['slippage'],
  bps: number,
): number | null {
  const own = unit === 'times' ? 1 : model.model === 'ticks' ? model.ticks : bps
  return values.includes(own) ? own : null
}

function gridTable(stress: Stress, latency: number, own: number | null): string {
  const cells = stress.grid.filter(({ latencyBars }) => latencyBars === latency)
  const rows = [...new Set(cells.map(({ fees }) => fees))].map((fees) => [
    `${fees} × fees`,
    ...cells
      .filter((cell) => cell.fees === fees)
      .map(({ slippage, totalReturn }) => {
        const text = `<span class="${totalReturn < 0 ? 'bad' : 'good'}">${signedPercent(totalReturn)}</span>`
        return latency === 0 && fees === 1 && slippage === own ? `<strong>${text}</strong>` : text
      }),
  ])
  const columns = stress.slippage.values.map((value) => ({
    title: slippageWords(stress, value),
    kind: 'number' as const,
  }))
  return tableHtml(
    `Return, ${whenWords(stress, latency)}${latency === 0 ? '; the run itself in bold' : ''}`,
    [{ title: '' }, ...columns],
    rows,
  )
}

function capacityTable({ capacity, participation, isFixedSize }: Stress, document: RunResult['document']): string {
  const rows = capacity.map(({ cash, totalReturn }) => [amount(cash, document), signedPercent(totalReturn)])
  const table = tableHtml(
    `Return against account size, at most ${percent(participation, 1)} of a bar’s volume`,
    [
      { title: `Account, ${document.quote}`, kind: 'number' },
      { title: 'Return', kind: 'number' },
    ],
    rows,
  )
  return isFixedSize ? `${table}<p class="words">${FIXED_SIZE}</p>` : table
}
