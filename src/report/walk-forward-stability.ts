import type { WalkForwardDocument } from '../core/search.ts'
import { type ChanceStep, chanceStep } from './chance-step.ts'
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
        const chance = dimension === undefined ? null : chanceStep(dimension)
        return [
          escapeHtml(name),
          dimension === undefined ? NONE : escapeHtml(rangeOf(dimension)),
          kept === null ? NONE : `${percent(kept, 0)}${byChance(chance && percent(chance.kept, 0))}`,
          movement === null ? NONE : `${decimal(movement, 2)}${byChance(chance?.step && decimal(chance.step, 2))}`,
          movementWords(kept, movement, chance),
        ]
      }),
    ),
    figures.some((one) => one !== '') ? `<div class="pair">${figures.join('')}</div>` : '',
  )
}

/** HTML. */
function byChance(text: string | null | undefined | 0): string {
  return text ? `<span class="how">by chance ${text}</span>` : ''
}

/** Part of what chance would move a parameter by from which on it is told from chance no more. */
const LIKE_CHANCE = 0.75

/** How far it moved beside what blind choices would have moved it; HTML. */
function movementWords(kept: number | null, movement: number | null, chance: ChanceStep | null): string {
  if (kept === 1) return '<span class="good">never moved</span>'
  if (movement === null) return kept === null ? 'too few to say' : 'listed: no distance between its values'
  if (movement < 0.1) return '<span class="good">steady</span>'
  const blind = chance?.step ?? 1 / 3
  if (movement < LIKE_CHANCE * blind) return 'moves'
  return `<span class="bad">as far as chance would move it (${decimal(blind, 2)})</span>`
}
