import { timeName } from '../../core/time.ts'
import type { ParamValue } from '../../engine/index.ts'
import { type Check, checkModule } from '../../runs/check.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { CHECKING, RANGE, RUN, readingSettingsOf, STORE } from '../flags.ts'
import { shown } from '../run-text.ts'
import { plural, tableText } from '../text.ts'

interface Flags {
  data?: readonly string[]
  from?: number
  to?: number
  set?: readonly (readonly [string, ParamValue])[]
  samples?: number
  seed?: number
}

export default {
  words: '<module>',
  flags: {
    data: { ...RUN['data']!, help: 'series to check on (built in: those of the models)' },
    ...RANGE,
    set: RUN['set']!,
    ...CHECKING,
    ...{ cash: RUN['cash']!, leverage: RUN['leverage']!, margin: RUN['margin']! },
    ...STORE,
    config: RUN['config']!,
  },
  example: 'klinelab check strategies/sma-cross.ts --data binance:BTCUSDT:1h',
  async run(args, io) {
    const settings = await readingSettingsOf(args, io)
    const { data = [], from, to, set = [], samples = 12, seed = 0 } = args.flags as unknown as Flags
    if (from !== undefined && to !== undefined && from >= to)
      throw new UsageError('an empty range: --from is not before --to')
    const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
    const asked = { module: args.words[0]!, from: io.cwd, data, range, set: Object.fromEntries(set), samples, seed }
    const check = await checkModule(asked, settings, io.progress('other futures'))
    return { json: check, text: checkText(check, io.cwd), ok: check.ok }
  },
} satisfies Command

function checkText({ module, series, samples, cuts, parts, leaks, notes, ok }: Check, cwd: string): string {
  const rows = parts.map(({ part, of, compared, verdict, note }) => [
    part,
    of,
    String(compared),
    `${verdict === 'peeks' ? 'PEEKS' : verdict}${note === null ? '' : `: ${note}`}`,
  ])
  const bullet = (text: string) => `  - ${text}`
  return [
    `${shown(module, cwd)} on ${series.join(', ')}: ${plural(samples, 'bar')} from ${timeName(cuts[0]!)} to ${timeName(cuts.at(-1)!)}, after each of which the future was cut off, shuffled and poisoned`,
    '',
    tableText(['what', 'of', 'compared', 'verdict'], rows),
    '',
    ok
      ? 'Nothing peeks: what was known by then is the same to the bit, whatever comes.'
      : `${leaks.length === 1 ? 'One thing peeks' : `${leaks.length} things peek`} at what comes:`,
    ...leaks.map(({ text }) => bullet(text)),
    ...(notes.length > 0 ? ['', 'Not checked:', ...notes.map(bullet)] : []),
    '',
    'Bars that a module loads through klinelab had the other futures, too. What it gets from elsewhere, has written into its',
    'code or keeps on globalThis had not; and what it knows without acting on it near one of these bars does not show.',
  ].join('\n')
}
