import type { WalkForwardResult } from '../core/search.ts'
import { ZOOM_CONTROLS } from './equity-section.ts'
import { amount, duration, percent, ratio, signedPercent } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'

/** What would have been earned: the test stretches end to end, beside buy and hold. */
export function stitchedSection({ document, equity, benchmark }: WalkForwardResult): string {
  const { metrics, inSample, peer, quote, windows } = document
  const title = 'Out of sample, end to end'
  if (equity.length === 0) return section('equity', title, '<p class="off">Nothing was traded: there is no equity.</p>')
  const last = equity.equity[equity.length - 1]!
  const held =
    benchmark === null ? '' : ` Grey: buy and hold over the same stretches, ${signedPercent(peer['totalReturn'])}.`
  const rows = [
    ['Return', 'totalReturn', signedPercent],
    ['A year (CAGR)', 'cagr', signedPercent],
    ['Volatility, a year', 'volatility', percent],
    ['Sharpe', 'sharpe', ratio],
    ['Largest drawdown', 'maxDrawdown', percent],
    [
      'Longest drawdown',
      'maxDrawdownDuration',
      (value: number | null | undefined) => (value == null ? '–' : duration(value)),
    ],
  ] as const
  return section(
    'equity',
    title,
    ZOOM_CONTROLS,
    figure(
      'chart-equity',
      `Equity in ${quote}, of parameters chosen before each stretch`,
      `From ${amount(document.cash, document)} to ${amount(last, document)} ${escapeHtml(quote)}; shaded and numbered: the ${windows.length === 1 ? 'window' : 'windows'}.${held} Each stretch begins with what the one before it left; between them nothing is held.`,
      300,
    ),
    figure(
      'chart-drawdown',
      'Below the highest equity so far',
      `Largest fall ${percent(metrics['maxDrawdown'])}${peer['maxDrawdown'] == null ? '' : `; of buy and hold ${percent(peer['maxDrawdown'])}`}.`,
      150,
    ),
    tableHtml(
      'What was earned beside its peer, and beside what it was chosen for',
      [
        { title: '' },
        ...['out of sample', 'buy and hold', 'in sample, mean of windows'].map((one) => ({
          title: one,
          kind: 'number' as const,
        })),
      ],
      rows.map(([label, key, text]) => [
        label,
        `<strong>${text(metrics[key])}</strong>`,
        text(peer[key]),
        `<span class="later">${text(inSample[key])}</span>`,
      ]),
    ),
  )
}
