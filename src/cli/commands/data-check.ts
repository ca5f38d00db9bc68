import { parseSeries, seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { type Check, certify, isBroken, openStore, WHOLE_FILE } from '../../data/index.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { readingSettingsOf, STORE } from '../flags.ts'
import { plural, tableText } from '../text.ts'

const SHOWN = 20
const LONGEST = 40

export default {
  words: '<series>',
  flags: STORE,
  example: 'klinelab data check binance:BTCUSDT:1m',
  async run(args, io) {
    const { store: dir } = await readingSettingsOf(args, io)
    const series = seriesWord(args.words[0]!)
    const check = await certify(await openStore(dir, { behind: EMBEDDED }), series)
    const ok = !isBroken(check)
    return { json: { ...check, ok }, text: checkText(seriesName(series), check), ok }
  },
} satisfies Command

/** A series given as a positional word. */
export function seriesWord(text: string): ReturnType<typeof parseSeries> {
  try {
    return parseSeries(text)
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

function checkText(name: string, check: Check): string {
  const missing = check.gaps.reduce((sum, gap) => sum + gap.bars, 0)
  const unreadable = check.skipped.length - check.skippedRows
  const some = <T>(rows: readonly T[], row: (one: T) => string[], header: readonly string[]) =>
    rows.length === 0
      ? []
      : [
          indented(tableText(header, rows.slice(0, SHOWN).map(row))),
          ...(rows.length > SHOWN ? [`  … and ${rows.length - SHOWN} more; all of them: --json`] : []),
        ]
  return [
    `${name}: ${plural(check.rows, 'bar')}, ${timeName(check.from)} to ${timeName(check.to)} UTC`,
    check.faults.length === 0
      ? 'sound: the files are what was written and every bar is possible; nothing was repaired'
      : `BROKEN: ${check.faults.join('; ')}. Import the series again from its sources.`,
    `${plural(check.gaps.length, 'gap')}${missing > 0 ? `, ${plural(missing, 'bar')} missing` : ''}`,
    ...some(check.gaps, (gap) => [timeName(gap.start), timeName(gap.end), String(gap.bars)], [
      'first missing',
      'next bar',
      'bars',
    ]),
    ...holesText(check, some),
    `${plural(check.outages.length, 'outage mark')}${check.outages.length > 0 ? `: ${check.outages.slice(0, SHOWN).map(timeName).join(', ')}` : ''}`,
    `${plural(check.zeroVolumeBars, 'bar')} without volume`,
    `${plural(check.flatRuns.length, 'flat run')} of ten bars or more`,
    ...some(check.flatRuns, (run) => [timeName(run.start), String(run.bars)], ['start', 'bars']),
    `${plural(check.outliers.length, 'outlier')}`,
    ...some(check.outliers, (one) => [timeName(one.openTime), one.field, String(one.value), String(one.median)], [
      'bar',
      'field',
      'price',
      'median around it',
    ]),
    `${plural(check.duplicates, 'overlapping row')} dropped at import, ${plural(check.unfinished, 'unfinished bar')}, ${plural(check.skippedRows, 'bad row')}${unreadable > 0 ? ` and ${plural(unreadable, 'unreadable file')}` : ''} skipped`,
    ...some(
      check.skipped,
      ({ file, row, field, value, reason }) => [
        file,
        field === WHOLE_FILE ? '' : String(row),
        field,
        clipped(value),
        reason,
      ],
      ['file', 'row', 'field', 'value', 'reason'],
    ),
  ].join('\n')
}

type Some = <T>(rows: readonly T[], row: (one: T) => string[], header: readonly string[]) => string[]

/** What only a series has that was collected from a venue. */
function holesText({ holes = [], made = [], revised, revisions, origins }: Check, some: Some): string[] {
  const bars = (stretches: readonly { readonly bars: number }[]) => stretches.reduce((sum, one) => sum + one.bars, 0)
  const causes = [...new Set(holes.map(({ cause }) => cause))].sort()
  return [
    ...(holes.length === 0 ? [] : [`${plural(bars(holes), 'bar')} that the venue was asked for and does not have`]),
    ...some(
      causes.map((cause) => holes.filter((hole) => hole.cause === cause)),
      (own) => [own[0]!.cause, String(own.length), String(bars(own)), timeName(own[0]!.start), own[0]!.because],
      ['cause', 'holes', 'bars', 'the first', 'because'],
    ),
    ...(made.length === 0 ? [] : [`${plural(bars(made), 'bar')} made, flat at the last close: no venue stated them`]),
    ...some(made, (one) => [timeName(one.start), String(one.bars)], ['from', 'bars']),
    ...(revisions === 0
      ? []
      : [`${plural(revisions, 'bar')} stated otherwise by the venue later, which is what is stored`]),
    ...some(
      revised.toReversed(),
      ({ openTime, field, was, is, origin }) => [timeName(openTime), field, was, is, origin],
      ['bar', 'field', 'was', 'is', 'by'],
    ),
    ...origins.map(
      ({ origin, rows, from, to }) =>
        `${plural(rows, 'bar')} added or revised by ${origin}, ${timeName(from)} to ${timeName(to)}`,
    ),
  ]
}

/** A value may be a whole line of a file. */
function clipped(value: string): string {
  return value.length > LONGEST ? `${value.slice(0, LONGEST - 1)}…` : value
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}
