import { findRun } from '../../runs/load-run.ts'
import { type ChecklistItem, GATE, THRESHOLDS } from '../../runs/promote/checklist.ts'
import { promote } from '../../runs/promote/promote.ts'
import type { Promotion } from '../../runs/promote/promotion.ts'
import type { Command } from '../command.ts'
import { LEDGER, number, PLACES, settingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { count, percent, plural, ratio, tableText } from '../text.ts'

interface Flags {
  minTrades?: number
  minBreakEven?: number
  maxFaultyBars?: number
  minEfficiency?: number
  minProfitable?: number
  minDeflated?: number
  minPaperDays?: number
  override?: readonly (readonly [string, string])[]
}

export default {
  words: '<run>',
  flags: {
    // a looser mark than the gate's own is an exception, and those have a reason
    'min-trades': number(`closed trades, ${THRESHOLDS.trades} or more (built in: ${THRESHOLDS.trades})`, 'COUNT', {
      min: THRESHOLDS.trades,
    }),
    'min-break-even': number(
      `cost at which nothing is left, by the cost paid, ${THRESHOLDS.breakEven} or more (built in: ${THRESHOLDS.breakEven})`,
      'TIMES',
      { min: THRESHOLDS.breakEven },
    ),
    'max-faulty-bars': number(
      `share of bars missing, made or outliers, ${THRESHOLDS.faultyBars} or less (built in: ${THRESHOLDS.faultyBars})`,
      'SHARE',
      {
        min: 0,
        max: THRESHOLDS.faultyBars,
      },
    ),
    'min-efficiency': number(
      `walk-forward efficiency, ${THRESHOLDS.efficiency} or more (built in: ${THRESHOLDS.efficiency})`,
      'SHARE',
      {
        min: THRESHOLDS.efficiency,
      },
    ),
    'min-profitable': number(
      `share of test windows that made money, ${THRESHOLDS.profitable} or more (built in: ${THRESHOLDS.profitable})`,
      'SHARE',
      {
        min: THRESHOLDS.profitable,
        max: 1,
      },
    ),
    'min-deflated': number(
      `deflated Sharpe ratio, a probability, ${THRESHOLDS.deflated} or more (built in: ${THRESHOLDS.deflated})`,
      'SHARE',
      {
        min: THRESHOLDS.deflated,
        max: 1,
      },
    ),
    'min-paper-days': number(
      `days on paper, on live bars, compared by parity, ${THRESHOLDS.paperDays} or more (built in: ${THRESHOLDS.paperDays})`,
      'DAYS',
      {
        min: THRESHOLDS.paperDays,
      },
    ),
    override: {
      help: 'lets a check pass, for a reason that is kept, of 10 characters or more (built in: none)',
      value: 'CHECK=REASON',
      isList: true,
      parse: (text) => {
        const at = text.indexOf('=')
        if (at <= 0) throw new RangeError(`"${text}" names no reason: write paper-days='traded elsewhere since March'`)
        return [text.slice(0, at), text.slice(at + 1)]
      },
    },
    ...PLACES,
    ...LEDGER,
  },
  example: 'klinelab promote sma-cross',
  notes: [`CHECK is one of ${GATE.join(', ')}. What could not be looked at yet has the commands that would show it.`],
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const flags = args.flags as unknown as Flags
    const thresholds = {
      trades: flags.minTrades ?? THRESHOLDS.trades,
      breakEven: flags.minBreakEven ?? THRESHOLDS.breakEven,
      faultyBars: flags.maxFaultyBars ?? THRESHOLDS.faultyBars,
      efficiency: flags.minEfficiency ?? THRESHOLDS.efficiency,
      profitable: flags.minProfitable ?? THRESHOLDS.profitable,
      deflated: flags.minDeflated ?? THRESHOLDS.deflated,
      paperDays: flags.minPaperDays ?? THRESHOLDS.paperDays,
    }
    const dir = findRun(args.words[0]!, settings.out, io.cwd, 'backtest')
    const asked = { dir, thresholds, overrides: Object.fromEntries(flags.override ?? []) }
    const host = { cwd: io.cwd, onProgress: io.progress('checks'), onWarning: io.warn, now: Date.now }
    const promotion = await promote(asked, settings, host)
    return { json: promotion, text: promotionText(promotion, shown(promotion.file, io.cwd)), ok: promotion.promoted }
  },
} satisfies Command

const MARKS = { '≥': 'at least', '≤': 'at most', '>': 'above' } as const

function promotionText({ run, promoted, checklist, strategy }: Promotion, file: string): string {
  const rows = checklist.map((item) => {
    const [mark] = Object.entries(MARKS).find(([, must]) => must === item.must)!
    const verdict = item.passed ? 'passed' : item.override === null ? 'NOT PASSED' : 'overridden'
    const must = item.figure === 0 && item.threshold === 0 ? '' : `${mark} ${figureText(item, item.threshold)}`
    return [verdict, item.name, item.figure === null ? '–' : figureText(item, item.figure), must, item.words]
  })
  const open = checklist.filter(({ passed, override }) => !passed && override === null)
  const reasons = checklist.filter(({ override }) => override !== null)
  return [
    `${run}`,
    '',
    tableText(['', 'check', 'is', 'must', ''], rows),
    ...(reasons.length > 0 ? ['', ...reasons.map(({ name, override }) => `${name} was overridden: ${override}`)] : []),
    ...(open.every(({ commands }) => commands.length === 0) ? [] : ['', 'What would show it:', ...commandLines(open)]),
    '',
    promoted
      ? `PROMOTED: klinelab paper --broker demo takes ${strategy} with these parameters on these series, until a byte of its code changes.`
      : `NOT promoted: ${plural(open.length, 'check')} did not pass. One that is known otherwise: --override ${open[0]!.name}='and why, in some words'.`,
    `  ${file}`,
  ].join('\n')
}

/** Each on a line of its own, so that it can be copied whole; those that serve several checks once. */
function commandLines(items: readonly ChecklistItem[]): string[] {
  const byText = Map.groupBy(items, ({ commands }) => commands.map((command) => `    ${command}`).join('\n'))
  return [...byText].flatMap(([text, own]) =>
    text === '' ? [] : [`  ${own.map(({ name }) => name).join(', ')}`, text],
  )
}

function figureText({ unit }: ChecklistItem, value: number): string {
  if (unit === 'share') return percent(value)
  if (unit === 'times') return `${ratio(value)}×`
  return unit === 'days' ? `${ratio(value)} d` : count(value)
}
