import type { WalkForwardDocument } from '../core/search.ts'
import { decimal, NONE, percent } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'
import { rangeOf, valueText } from './search-format.ts'

/** Values that a line of words tells. */
const TOLD = 16

/** Whether every window chose about the same: what jumps about was fitted to noise. */
export function stabilitySection({ stability, search }: WalkForwardDocument): string {
  if (stability.length === 0) return ''
  const figures = stability.map(({ name, values }, k) => {
    if (values.every((value) => value === null)) return ''
    const told = values.slice(0, TOLD).map((value) => (value === null ? NONE : valueText(value)))
    return figure(
      `chart-stability-${k}`,
      `${name} by window`,
      `Chosen: ${escapeHtml(told.join(', '))}${values.length > TOLD ? ', and so on' : ''}.`,
      190,
    )
  })
  return section(
    'stability',
    'Do windows agree?',
    '<p>A parameter that means something is chosen again, or nearly. One that jumps from end to end was fitted to noise.</p>',
    tableHtml(
      'How chosen values moved from window to window',
      [
        { title: 'Parameter' },
        { title: 'searched', kind: 'prose' },
        { title: 'kept', kind: 'number' },
        { title: 'mean step ÷ range', kind: 'number' },
        { title: 'in words', kind: 'prose' },
      ],
      stability.map(({ name, kept, movement }) => {
        const dimension = search.dimensions.find((one) => one.name === name)
        return [
          escapeHtml(name),
          dimension === undefined ? NONE : escapeHtml(rangeOf(dimension)),
          percent(kept, 0),
          movement === null ? NONE : decimal(movement, 2),
          movementWords(kept, movement),
        ]
      }),
    ),
    figures.some((one) => one !== '') ? `<div class="pair">${figures.join('')}</div>` : '',
  )
}

/** Two values drawn at random from a range are a third of it apart on average. */
function movementWords(kept: number | null, movement: number | null): string {
  if (kept === 1) return '<span class="good">never moved</span>'
  if (movement === null) return kept === null ? 'too few to say' : 'listed: no distance between its values'
  if (movement < 0.1) return '<span class="good">steady</span>'
  return movement < 0.25 ? 'moves' : '<span class="bad">as far as chance would move it (0.33)</span>'
}
