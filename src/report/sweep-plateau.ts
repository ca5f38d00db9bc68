import type { Plateau, SweepDocument } from '../core/search.ts'
import { count, percent, plural } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'
import { shapeOf, shapeText, valueText } from './search-format.ts'

/** Points that a line of words tells. */
const TOLD = 12

/** The best beside trials like it. */
export function plateauSection(document: SweepDocument): string {
  const { plateau } = document
  if (plateau === null) return ''
  const { label, form } = shapeOf(document.search.objective.name)
  const text = (value: number | null) => shapeText(form, value, document)
  const curves = plateau.along
    .map((along, k) => ({ along, k }))
    .filter(({ along }) => along.points.length > 1)
    .map(({ along, k }) => {
      const table = tableHtml(
        `${label} along ${along.name}`,
        [{ title: along.name }, { title: label, kind: 'number' }, { title: 'trial', kind: 'number' }],
        along.points.map(({ value, trial, objective }) => [
          `${escapeHtml(valueText(value))}${trial === plateau.trial ? ' (the best)' : ''}`,
          text(objective),
          count(trial),
        ]),
      )
      const told = along.points
        .slice(0, TOLD)
        .map(({ value, objective }) => `${text(objective)} at ${valueText(value)}`)
        .join(', ')
      const more = along.points.length > TOLD ? ', and so on' : ''
      return figure(
        `chart-along-${k}`,
        `Along ${along.name}`,
        `${escapeHtml(`${label} where ${along.name} alone differs: ${told}${more}`)}. The large point is the best.`,
        200,
        more === '' ? '' : table,
      )
    })
  return section(
    'plateau',
    'Round the best',
    `<p>${plateauWords(plateau, text)}</p>`,
    tableHtml(
      'The best and its neighbours',
      ['the best', 'median of neighbours', 'worst of neighbours', 'neighbours', 'of the peak is kept'].map(
        (title, k) => (k === 0 ? { title } : { title, kind: 'number' }),
      ),
      [
        [
          text(plateau.peak),
          text(plateau.median),
          text(plateau.worst),
          count(plateau.neighbours.length),
          percent(plateau.kept, 0),
        ],
      ],
    ),
    curves.length === 0 ? '' : `<div class="pair">${curves.join('')}</div>`,
  )
}

/** HTML. */
function plateauWords({ kind, neighbours, kept, median }: Plateau, text: (value: number | null) => string): string {
  const who =
    kind === 'grid' ? 'trials one step away in one or more parameters' : 'the trials nearest to it by their parameters'
  if (neighbours.length === 0 || median === null)
    return 'Too few to say: there is no trial like the best one, so nobody knows whether it stands on a plateau or on a needle.'
  const judged =
    kept === null
      ? ''
      : kept >= 0.8
        ? ' <strong>It stands on a plateau:</strong> a little more or less of a parameter changes little.'
        : kept < 0.5
          ? ' <strong class="bad">It stands alone:</strong> a little more or less of a parameter, and most of it is gone. A peak like this is luck more often than a plateau is.'
          : ' It stands on a slope: what is left a step away is clearly less.'
  const share = kept === null ? '' : `: ${percent(kept, 0)} of what the best has over the median of all trials`
  return `${plural(neighbours.length, 'neighbour')}, ${who}, ${neighbours.length === 1 ? 'has' : 'have'} a median of ${text(median)}${share}.${judged}`
}

/** Curves as the page draws them: numbers on a scale, all else in its order. */
export function alongPayload({ plateau, search }: SweepDocument) {
  return (plateau?.along ?? []).map(({ name, points }) => {
    const dimension = search.dimensions.find((one) => one.name === name)
    return {
      name,
      isNumber: points.every(({ value }) => typeof value === 'number') && dimension?.kind !== 'list',
      isLog: dimension !== undefined && dimension.kind !== 'list' && dimension.isLog,
      points: points.flatMap(({ value, trial, objective }) =>
        objective === null
          ? []
          : [
              {
                x: typeof value === 'number' ? value : valueText(value),
                label: valueText(value),
                v: objective,
                trial,
                isPeak: trial === plateau!.trial,
              },
            ],
      ),
    }
  })
}
