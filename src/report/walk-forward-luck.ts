import type { Overfitting } from '../core/search.ts'
import { chance, plural, ratio } from './format.ts'
import { section, tableHtml } from './html.ts'
import { orTooFew, tooFew } from './search-format.ts'

/** What the stitched curve is worth by itself: it is not the best of many, so there is nothing to take off within this search. */
export function walkForwardLuck(overfitting: Overfitting | null): string {
  const title = 'How much of it is luck'
  if (overfitting === null)
    return section(
      'overfitting',
      title,
      `<p class="off">${tooFew('the windows left no daily returns that could be compared')}</p>`,
    )
  const { sharpe, probabilistic, minimumTrackRecord, days, notes } = overfitting
  const cell = (key: 'sharpe' | 'probabilistic' | 'minimumTrackRecord', text: string) =>
    orTooFew(text, overfitting[key], notes[key])
  return section(
    'overfitting',
    title,
    `<p>What each window traded was chosen on earlier days only, so the search within a window does not flatter it, and the stitched curve was not chosen from others within this walk-forward. What else the project has tried is in its ledger.</p>`,
    tableHtml(
      'The stitched curve by itself',
      [{ title: 'Figure' }, { title: 'out of sample', kind: 'number' }, { title: 'What it is', kind: 'prose' }],
      [
        ['Sharpe', cell('sharpe', ratio(sharpe)), `a year, of ${plural(days, 'day')}`],
        [
          'Chance that its true Sharpe is above 0',
          cell('probabilistic', chance(probabilistic)),
          'probabilistic Sharpe ratio (Bailey and López de Prado 2012)',
        ],
        [
          'Days needed to be sure',
          cell('minimumTrackRecord', plural(Math.ceil(minimumTrackRecord ?? 0), 'day')),
          'minimum track record at 95\u202f%',
        ],
      ],
    ),
  )
}
