import type { Plateau, SweepDocument, SweepResult } from '../core/search.ts'
import { capital, count, percent, plural } from './format.ts'
import { card, escapeHtml, figure, lines, section, tableHtml } from './html.ts'
import { finishedText, shapeOf, shapeText, valueText } from './search-format.ts'

/** Points that a line of words tells. */
const TOLD = 12

/** The best beside trials like it. */
export function plateauSection(result: SweepResult): string {
  const { document } = result
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
    `<p>${plateauWords(plateau, text, finishedText(result, 'all trials'))}</p>`,
    tableHtml(
      'The best and its neighbours',
      ['the best', 'median of neighbours', 'worst of neighbours', 'neighbours', 'of the peak is kept'].map(
        (title, k) => (k === 0 ? { title } : { title, kind: 'number' }),
      ),
      [
        [
          text(plateau.peak),
          text(plateau.median),
          worstText(plateau, text),
          count(plateau.neighbours.length),
          percent(plateau.kept, 0),
        ],
      ],
    ),
    curves.length === 0 ? '' : `<div class="pair">${curves.join('')}</div>`,
  )
}

/** The neighbours beside the other figures of the verdict. */
export function plateauCard(document: SweepDocument): string {
  const { plateau, search } = document
  const { form } = shapeOf(search.objective.name)
  const text = (value: number | null) => shapeText(form, value, document)
  const label = 'Its neighbours'
  if (plateau === null || plateau.neighbours.length === 0) return card(label, text(null), 'too few to say')
  const { neighbours, median, kept } = plateau
  return card(
    label,
    text(median),
    lines(
      median === null ? '' : `median of ${plural(neighbours.length, 'trial')} around it`,
      plateau.finished < neighbours.length ? finishedNeighbours(plateau) : '',
      isTooFew(plateau) ? 'too few to say' : `worst of them ${worstText(plateau, text)}`,
      kept === null ? '' : `${percent(kept, 0)} of the peak is kept`,
    ),
    kept !== null && kept < 0.5 && plateau.ties.trials === 0 ? 'bad' : '',
  )
}

/** Whether so many neighbours are without a figure that what is left around the best cannot be said. */
function isTooFew({ median, finished }: Plateau): boolean {
  return median === null || finished < 2
}

/** `1 of its 4 neighbours was finished`. */
export function finishedNeighbours({ finished, neighbours }: Plateau): string {
  const n = neighbours.length
  if (n === 1) return finished === 1 ? 'its one neighbour was finished' : 'its one neighbour was not finished'
  const some = finished === 0 ? 'none' : finished === n ? 'all' : count(finished)
  return `${some} of its ${count(n)} neighbours ${finished <= 1 ? 'was' : 'were'} finished`
}

/** One that was not finished is worse than any that was. */
function worstText({ worst, finished, neighbours }: Plateau, text: (value: number | null) => string): string {
  return finished < neighbours.length ? 'not finished' : text(worst)
}

/** HTML. @param all what the median that the best is held against is of */
function plateauWords(plateau: Plateau, text: (value: number | null) => string, all: string): string {
  const { kind, neighbours, finished, kept, median } = plateau
  const n = neighbours.length
  const who =
    kind === 'grid' ? 'trials one step away in one or more parameters' : 'the trials nearest to it by their parameters'
  if (n === 0)
    return 'Too few to say: there is no trial like the best one, so nobody knows whether it stands on a plateau or on a needle.'
  const worse = 'What was given up, failed or has no objective counts as worse.'
  if (isTooFew(plateau)) {
    const found = median === null ? '' : `, with ${text(median)}`
    return `<strong>${capital(finishedNeighbours(plateau))}</strong>${found} (${who}): too few to say whether it stands on a plateau or on a needle.${finished < n ? ` ${worse}` : ''}${tiesWords(plateau)}`
  }
  const missing = finished === n ? '' : `<strong>${capital(finishedNeighbours(plateau))}.</strong> ${worse} `
  const share = kept === null ? '' : `: ${percent(kept, 0)} of what the best has over the median of ${all}`
  return `${missing}${plural(n, 'neighbour')}, ${who}, have a median of ${text(median)}${share}.${judgement(plateau)}`
}

/** What the neighbours keep, in words; HTML. */
function judgement(plateau: Plateau): string {
  const { kept, ties } = plateau
  if (kept !== null && kept >= 0.8)
    return ' <strong>It stands on a plateau:</strong> a little more or less of a parameter changes little.'
  if (kept === null || ties.trials > 0) return tiesWords(plateau)
  if (kept < 0.5)
    return ' <strong class="bad">It stands alone:</strong> a little more or less of a parameter, and most of it is gone. A peak like this is luck more often than a plateau is.'
  return ' It stands on a slope: what is left a step away is clearly less.'
}

/** Trials that are as good as the best to the last digit are the best too. */
function tiesWords({ ties }: Plateau): string {
  if (ties.trials === 0) return ''
  const beside =
    ties.neighbours === 0
      ? 'none of them beside it'
      : ties.neighbours === ties.trials
        ? 'beside it'
        : `${count(ties.neighbours)} of them beside it`
  return ` <strong>It does not stand alone:</strong> ${plural(ties.trials, 'other trial')} ${ties.trials === 1 ? 'comes' : 'come'} to exactly the same, ${beside}.`
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
