import type { ParamValue } from '../../engine/index.ts'
import { prepare } from '../../runs/prepare.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { RUN, readingSettingsOf } from '../flags.ts'
import { triedText } from '../ledger-text.ts'
import { runJson, runText, shown } from '../run-text.ts'
import { configOutcome } from '../show-config.ts'
import { stressText } from '../stress-text.ts'
import { TrainingProgress } from '../training-progress.ts'

interface Flags {
  data?: string[]
  from?: number
  to?: number
  set?: [string, ParamValue][]
  closeAtEnd?: boolean
  allowInSample?: boolean
  benchmark?: string
  showConfig?: boolean
  stress?: boolean
}

export default {
  words: '<strategy>',
  flags: {
    ...RUN,
    stress: { help: 'the result over fees, slippage, latency and account size, and the cost at which the edge dies' },
  },
  example:
    'klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h --from 2024-01-01 --set fast=24 --set slow=168',
  async run({ words, flags }, io) {
    const start = performance.now()
    const settings = await readingSettingsOf({ words, flags }, io)
    const {
      data = [],
      from,
      to,
      set,
      closeAtEnd,
      allowInSample,
      benchmark,
      showConfig,
      stress,
    } = flags as unknown as Flags
    if (showConfig) return configOutcome(settings, io)
    checkOnce(set ?? [])
    const asked = {
      from,
      to,
      closeAtEnd,
      allowInSample,
      benchmark,
      stress,
      ...(set && { set: Object.fromEntries(set) }),
    }
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
    const asks = { strategy: words[0]!, data, ...given }
    const training = new TrainingProgress(io)
    const host = {
      onTraining: training.onTraining,
      onTrained: training.end,
      onJudging: io.progress('judging'),
      onNotice: io.warn,
    }
    // what plays, judges and writes a run is loaded while its bars are read
    let rest: ReturnType<typeof loadRest> | undefined
    const onReading = () => {
      rest ??= loadRest()
      // what goes wrong with it is told where it is waited for
      rest.catch(() => {})
    }
    const prepared = await prepare(asks, settings, { ...host, onReading }).finally(() => training.end())
    const { backtestOf, writeRun } = await (rest ?? loadRest())
    const run = await backtestOf(prepared, from, settings, io.progress('bars'), io.progress('runs'))
    const counting = { ledger: settings.ledger, onWarning: io.warn }
    const { dir, verdict } = await writeRun(run, settings.out, (performance.now() - start) / 1000, counting)
    for (const warning of run.warnings) io.warn(warning)
    const { document } = run.result
    const speed = `engine ${run.seconds.toFixed(3)} s, ${(document.engine.bars / run.seconds / 1e6).toFixed(1)} M bars/s`
    return {
      json: runJson(document, dir, run.seconds, verdict),
      text: `${runText(document, io.isColourful)}${document.stress === null ? '' : `\n\n${stressText(document.stress)}`}${verdict === null ? '' : `\n\n${triedText(verdict, document.riskFree)}`}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${((performance.now() - start) / 1000).toFixed(2)} s (${speed})`,
    }
  },
} satisfies Command

async function loadRest() {
  const { backtestOf } = await import('../../runs/backtest.ts')
  const { writeRun } = await import('../../runs/run-folder.ts')
  return { backtestOf, writeRun }
}

/** Of two values for one parameter nobody could say which is meant. */
function checkOnce(set: readonly (readonly [string, ParamValue])[]): void {
  const names = set.map(([name]) => name)
  const twice = names.find((name, k) => names.indexOf(name) !== k)
  if (twice !== undefined) throw new UsageError(`--set ${twice} is given twice; ${ONE_VALUE}`)
  const range = set.find(([, value]) => RANGE.test(String(value)))
  if (range !== undefined) throw new UsageError(`--set ${range.join('=')} is a range of values; ${ONE_VALUE}`)
}

const ONE_VALUE = 'a backtest has one value of each parameter, klinelab sweep tries several'
/** Two numbers, as `sweep` takes them. */
const RANGE = /^-?\d[\d.]*\.\.-?\d/
