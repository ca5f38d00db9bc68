import type { LedgerVerdict, NamedTrial } from '../../core/ledger.ts'
import { didYouMean } from '../../core/suggest.ts'
import { timeName } from '../../core/time.ts'
import { damageText, trialOfFolder } from '../../runs/count-trials.ts'
import { findRun } from '../../runs/load-run.ts'
import { UsageError } from '../../runs/usage-error.ts'
import { readLedger } from '../../search/ledger.ts'
import { bestByName, judgeTrial } from '../../search/ledger-verdict.ts'
import type { Command } from '../command.ts'
import { LEDGER, PLACES, settingsOf } from '../flags.ts'
import { worthFacts } from '../ledger-text.ts'
import { shown } from '../run-text.ts'
import { count, partText, percent, plural, ratio, tableText } from '../text.ts'

interface Flags {
  strategy?: string
  series?: string
  run?: string
}

export default {
  words: '',
  flags: {
    strategy: {
      help: 'only trials of this strategy or model: less is counted than was tried (built in: all)',
      value: 'NAME',
    },
    series: { help: 'only trials with this series (built in: all)', value: 'SERIES' },
    run: { help: 'judge this run (built in: the trial with the best Sharpe ratio)', value: 'RUN' },
    out: PLACES['out']!,
    ...LEDGER,
  },
  example: 'klinelab ledger',
  async run(args, io) {
    const { out, ledger: file } = await settingsOf(args, io)
    const { strategy, series, run } = args.flags as unknown as Flags
    const view = { ...(strategy !== undefined && { name: strategy }), ...(series !== undefined && { series }) }
    const chosen = run === undefined ? 'best' : await trialOfFolder(findRun(run, out, io.cwd))
    const ledger = readLedger(file)
    if (ledger.unreadable > 0) io.warn(damageText(ledger))
    const verdict = judgeTrial(ledger, chosen, view)
    const names = bestByName(ledger, view)
    const { unreadable, unreadableAt } = ledger
    const known = bestByName(ledger).map(({ name }) => name)
    const narrowed = [strategy, series].filter((word) => word !== undefined).join(', ')
    if (strategy !== undefined && known.length > 0 && !known.includes(strategy))
      throw new UsageError(
        `--strategy "${strategy}"${didYouMean(strategy, known)}: no trial of it is in ${shown(file, io.cwd)}; there are trials of ${known.join(', ')}`,
      )
    const nothing =
      known.length > 0
        ? `no trial of "${narrowed}" is in ${shown(file, io.cwd)}; there are trials of ${known.join(', ')}`
        : `nothing was tried yet: ${shown(file, io.cwd)} has no trials; make one: klinelab demo`
    const text = verdict.trials === 0 ? nothing : ledgerText(verdict, names, shown(file, io.cwd), run !== undefined)
    return { json: { file, ...verdict, unreadable, unreadableAt, names }, text }
  },
} satisfies Command

function ledgerText(
  verdict: LedgerVerdict,
  names: ReturnType<typeof bestByName>,
  file: string,
  isAsked: boolean,
): string {
  const { lines, trials, failed, byVerb, first, last, view, chosen, overfitting, compared } = verdict
  const narrowed = [view.name, view.series].filter((text) => text !== null)
  const head = [
    `${file}: ${plural(trials, 'different trial')}${failed > 0 ? `, ${count(failed)} of them failed` : ''}, in ${plural(lines, 'line')}${first === null || last === null ? '' : `, ${minute(first)} to ${minute(last)} UTC`}`,
    ...(narrowed.length > 0
      ? [`ONLY ${narrowed.join(', ')}: the verdict counts less than was tried, and looks better for that`]
      : []),
    byVerb.map(({ verb, trials: n }) => `${verb} ${count(n)}`).join(', '),
  ].join('\n')
  const table = tableText(
    ['strategy', 'trials', 'last', 'best sharpe', 'return', 'trades', 'run'],
    names.map(({ name, trials: n, last: at, best }) => [
      ...[name, count(n), minute(at), ratio(best?.sharpe), percent(best?.totalReturn)],
      ...[best?.trades === null || best === null ? '–' : count(best.trades), best?.run ?? '–'],
    ]),
  )
  if (chosen === null) return `${head}\n\n${table}\n\nNo trial has a Sharpe ratio: too few to say what luck did.`
  const title = `${isAsked ? 'Judged' : 'The best Sharpe ratio of them'}: ${trialText(chosen)}`
  if (overfitting === null) return `${head}\n\n${table}\n\n${title}\n\nIt has no daily returns: too few to say.`
  const part = partText({ id: 'worth', title, facts: worthFacts(overfitting, compared) })
  return `${head}\n\n${table}\n\n${part}\n\n${overfitting.verdict}`
}

function trialText({ run, params }: NamedTrial): string {
  const set = Object.entries(params).map(([name, value]) => `${name}=${value}`)
  return [run, ...set].join(' ')
}

function minute(at: number): string {
  return timeName(Math.floor(at / 60_000) * 60_000)
}
