import type { WalkForwardDocument, WalkForwardWindow } from '../core/search.ts'
import { amount, count, date, duration, NONE, percent, plural, signedPercent } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'
import { shapeOf, shapeText, valueText } from './search-format.ts'

/** What was chosen on which stretch, and what it did on the next. */
export function windowsSection(document: WalkForwardDocument): string {
  const { windows, plan, search } = document
  if (windows.length === 0)
    return section('windows', 'Window by window', '<p class="off">The data hold no window of this length.</p>')
  const { label, form, key } = shapeOf(search.objective.name)
  const text = (value: number | null | undefined) => shapeText(form, value, document)
  const gap = windows.some(({ train, test }) => test.from > train.to)
  const words = `${plural(windows.length, 'window')}, ${plan.kind}: pale is what parameters were chosen on (${escapeHtml(plan.train)}${plan.kind === 'anchored' ? ' at first, growing' : ''}), strong what they were tested on (${escapeHtml(plan.test)})${gap ? `; between them ${escapeHtml(plan.embargo)} that neither saw` : ''}.${leftOut(document)}`
  const hasObjective = windows.some(({ inSample, outOfSample }) =>
    [inSample, outOfSample].some((one) => one?.objective != null),
  )
  const hasReturn = key !== 'totalReturn'
  return section(
    'windows',
    'Window by window',
    figure(
      'chart-windows',
      'What was learnt from and what was tested on',
      words,
      Math.min(460, 60 + 15 * windows.length),
    ),
    hasObjective
      ? figure('chart-objectives', `${label} where it was chosen, and after`, inOutWords(document), 240)
      : '',
    `<p>${efficiencyMeaning(document)}</p>`,
    tableHtml(
      'What was chosen, and what it did; times in UTC',
      [
        { title: 'Window' },
        { title: 'chosen on' },
        { title: 'tested on' },
        { title: 'chosen', kind: 'prose' },
        { title: `${label} where chosen`, kind: 'number' },
        { title: `${label} after`, kind: 'number' },
        ...(hasReturn ? [{ title: 'return after', kind: 'number' as const }] : []),
        { title: 'equity after', kind: 'number' },
        { title: 'trials', kind: 'number' },
      ],
      windows.map((one) => [
        String(one.window),
        span(one.train),
        span(one.test),
        one.chosen === null
          ? `${NONE} <span class="reason">${escapeHtml(one.reason ?? 'nothing could be chosen')}</span>`
          : Object.entries(one.chosen)
              .map(([name, value]) => `<span class="whole">${escapeHtml(`${name} = ${valueText(value)}`)}</span>`)
              .join(', '),
        `<span class="later">${text(one.inSample?.objective)}</span>`,
        `<strong>${text(one.outOfSample?.objective)}</strong>`,
        ...(hasReturn ? [gain(one)] : []),
        one.outOfSample === null ? NONE : amount(one.outOfSample.endEquity, document),
        `${count(one.trials)}${one.failed === 0 ? '' : `<span class="how bad">${count(one.failed)} failed</span>`}`,
      ]),
    ),
    commandsHtml(document),
  )
}

/** What is behind the last test: too little for one more. */
function leftOut({ windows, range, plan }: WalkForwardDocument): string {
  const left = range.to - windows.at(-1)!.test.to
  return left <= 0
    ? ''
    : ` The last ${duration(left)} of the data are in no test: they are less than half of ${escapeHtml(plan.test)}.`
}

/** The backtests that are the windows' tests. */
function commandsHtml({ windows }: WalkForwardDocument): string {
  const shown = windows.flatMap(({ window, command }) =>
    command === null
      ? []
      : [
          `<p>Window ${count(window)}</p><div class="command"><code>${escapeHtml(command)}</code><button type="button">Copy</button></div>`,
        ],
  )
  if (shown.length === 0) return ''
  return `<details class="commands"><summary>Each test as a backtest of its own</summary><p>A window’s test with the same bars before it, the same cash and what is open closed at its end: the same trades, to the last digit.</p>${shown.join('\n')}</details>`
}

/** What walk-forward efficiency is, and what its size says. */
function efficiencyMeaning({ efficiency, notes }: WalkForwardDocument): string {
  const what =
    '<strong>Walk-forward efficiency</strong> is the annual return of these stretches ÷ that of the stretches that parameters were chosen on (Pardo 2008).'
  if (efficiency === null)
    return `${what} Here it cannot be said${notes['efficiency'] === undefined ? '' : `: ${escapeHtml(notes['efficiency'])}`}.`
  const size =
    efficiency < 0
      ? 'below 0: what had gained where it was chosen lost afterwards'
      : efficiency < 0.5
        ? 'below a half: most of what was found was fitted to the past'
        : efficiency <= 1.2
          ? 'a half or more: most of what was found was still there afterwards'
          : 'well above 100\u202f%: later stretches were kinder than those that were chosen on, which is luck too'
  return `${what} Here it is ${percent(efficiency, 0)}, ${size}.`
}

function span({ from, to }: WalkForwardWindow['train']): string {
  return `${date(from)}<span class="how">to ${date(to)}</span>`
}

function gain({ outOfSample }: WalkForwardWindow): string {
  if (outOfSample === null) return NONE
  const value = outOfSample.endEquity / outOfSample.startEquity - 1
  return `<span class="${value > 0 ? 'good' : value < 0 ? 'bad' : 'later'}">${signedPercent(value)}</span>`
}

/** How often the next stretch was worse than the one that was chosen on. */
function inOutWords({ windows, search }: WalkForwardDocument): string {
  const both = windows.flatMap(({ inSample, outOfSample }) =>
    inSample?.objective == null || outOfSample?.objective == null
      ? []
      : [[inSample.objective, outOfSample.objective] as const],
  )
  if (both.length === 0) return 'No window has both figures.'
  const worse = both.filter(([before, after]) =>
    search.objective.goal === 'max' ? after < before : after > before,
  ).length
  return `Grey rings: what was chosen had it on the stretch that it was chosen on; full: on the next. It was worse there in ${count(worse)} of ${plural(both.length, 'window')}: what is picked for being best falls back.`
}
