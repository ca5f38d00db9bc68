import type { CrossValidation, Overfitting } from '../core/search.ts'
import { chance, count, decimal, percent, plural, ratio } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'
import { effectiveText, orTooFew, tooFew } from './search-format.ts'

/** How the best trial looks before its search is counted, and after. */
export function overfittingSection(overfitting: Overfitting | null, whyNone: string): string {
  const title = 'How much of it is luck'
  if (overfitting === null) return section('overfitting', title, `<p class="off">${tooFew(whyNone)}</p>`)
  const { crossValidation: validation } = overfitting
  return section(
    'overfitting',
    title,
    `<p>The best trial was found by trying, and the best of many looks good even where none has skill. Here is what it shows, and what is left once ${plural(overfitting.trials, 'trial')} are counted.</p>`,
    `<div class="pair">${honestyFigure(overfitting)}${
      validation === null
        ? `<p class="off">No cross-validation: ${tooFew(overfitting.notes['crossValidation'])}</p>`
        : logitFigure(validation)
    }</div>`,
    honestyTable(overfitting),
    validation === null ? '' : validationTable(validation, overfitting),
  )
}

function honestyFigure({ trials, effectiveTrials, expectedMaximum, sharpe, crossValidation }: Overfitting): string {
  const unlike =
    effectiveTrials === null ? '' : `, of which ${count(Math.round(effectiveTrials))} are unlike one another`
  const half =
    crossValidation === null
      ? ''
      : ' “In the other half” is the mean of what the best trial of one half of the days made of the other.'
  const words =
    sharpe === null || expectedMaximum === null
      ? `Without both figures nobody can say whether it is more than luck.${half}`
      : `The best of ${plural(trials, 'trial')}${unlike}, would show about ${ratio(expectedMaximum)} if none had any skill; this one shows ${ratio(sharpe)}.${half}`
  return figure('chart-honesty', 'Annual Sharpe ratio: what it shows, and what luck alone would', words, 250)
}

function logitFigure({ probability, splits, logits, blocks }: CrossValidation): string {
  const table = tableHtml(
    'Splits by logit of the chosen trial’s rank in the other half',
    [{ title: 'from' }, { title: 'to below', kind: 'number' }, { title: 'splits', kind: 'number' }],
    logits.map(({ low, high, splits: n }) => [decimal(low, 2), decimal(high, 2), count(n)]),
  )
  return figure(
    'chart-logits',
    'How the best of one half ranked in the other',
    `The days were cut into ${count(blocks)} blocks and halved in ${plural(splits, 'way')}: in ${percent(probability, 1)} of them (red) the trial that was best in one half fell below the median of all in the other. Without skill about half would.`,
    250,
    table,
  )
}

function honestyTable(one: Overfitting): string {
  const { notes } = one
  const cell = (key: keyof Overfitting, text: string) => orTooFew(text, one[key] as number | null, notes[key])
  const days = (key: 'minimumTrackRecord' | 'minimumTrackRecordDeflated') =>
    cell(key, `${plural(Math.ceil(one[key] ?? 0), 'day')}`)
  return tableHtml(
    'Before and after the search is counted',
    [
      { title: 'Figure' },
      { title: 'as if alone', kind: 'number' },
      { title: 'all trials counted', kind: 'number' },
      { title: 'unlike trials counted', kind: 'number' },
      { title: 'What it is', kind: 'prose' },
    ],
    [
      [
        'Trials',
        '1',
        count(one.trials),
        cell('effectiveTrials', effectiveText(one.effectiveTrials ?? 0)),
        'trials whose returns move together count as one',
      ],
      [
        'Sharpe that luck would show',
        '0.00',
        cell('expectedMaximum', ratio(one.expectedMaximum)),
        cell('expectedMaximumEffective', ratio(one.expectedMaximumEffective)),
        'what the best of so many without skill is expected to have',
      ],
      [
        'Chance that its Sharpe is above that',
        cell('probabilistic', chance(one.probabilistic)),
        cell('deflated', chance(one.deflated)),
        cell('deflatedEffective', chance(one.deflatedEffective)),
        'probabilistic Sharpe ratio, then the deflated one (Bailey and López de Prado 2012, 2014)',
      ],
      [
        'Days needed to be sure',
        days('minimumTrackRecord'),
        days('minimumTrackRecordDeflated'),
        '',
        `minimum track record at 95\u202f%; there are ${plural(one.days, 'day')}`,
      ],
    ].map(([first, ...cells]) => [escapeHtml(first!), ...cells]),
  )
}

function validationTable(validation: CrossValidation, { notes, trials: counted }: Overfitting): string {
  const { probability, probabilityOfLoss, slope, meanInSample, meanOutOfSample, trials, splits } = validation
  return tableHtml(
    `Chosen in one half, judged in the other: ${plural(splits, 'split')} of ${plural(trials, 'trial')}${trials < counted ? ' that saw all the days, those that did exactly the same being one' : ''}`,
    [{ title: 'Figure' }, { title: 'Value', kind: 'number' }, { title: 'What it is', kind: 'prose' }],
    [
      [
        'Probability of backtest overfitting',
        percent(probability, 1),
        'share of splits in which the best of one half falls below the median in the other (Bailey, Borwein, López de Prado and Zhu 2015)',
      ],
      ['Chance of a loss', percent(probabilityOfLoss, 1), 'share of splits in which it loses money in the other half'],
      ['Sharpe where it was chosen', ratio(meanInSample), 'mean over splits, annual'],
      ['Sharpe in the other half', ratio(meanOutOfSample), 'mean over splits, annual'],
      [
        'Slope of one on the other',
        orTooFew(ratio(slope), slope, notes['slope']),
        'below 0: the better it looked where it was chosen, the worse it did in the other half',
      ],
    ],
  )
}

/** What the page draws of it. */
export function overfittingPayload(overfitting: Overfitting | null) {
  if (overfitting === null) return null
  const { sharpe, expectedMaximum, expectedMaximumEffective, crossValidation: validation, trials } = overfitting
  const bars = [
    { name: 'this one shows', v: sharpe, isLuck: false },
    { name: `best of ${count(trials)} by luck`, v: expectedMaximum, isLuck: true },
    { name: 'best of the unlike by luck', v: expectedMaximumEffective, isLuck: true },
    { name: 'chosen in one half', v: validation?.meanInSample ?? null, isLuck: false },
    { name: 'in the other half', v: validation?.meanOutOfSample ?? null, isLuck: false },
  ]
  return { bars: bars.filter(({ v }) => v !== null), logits: validation?.logits ?? [] }
}
