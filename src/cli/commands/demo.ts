import { demo } from '../../runs/demo.ts'
import { writeRun } from '../../runs/run-folder.ts'
import type { Command } from '../command.ts'
import { COSTS, PLACES, settingsOf } from '../flags.ts'
import { runJson, runText, shown } from '../run-text.ts'

export default {
  words: '',
  flags: { ...COSTS, ...PLACES },
  example: 'klinelab demo',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const documents: unknown[] = []
    const texts: string[] = []
    const start = performance.now()
    for await (const run of demo(settings, io.progress('bars'))) {
      const dir = await writeRun(run, settings.out, (performance.now() - start) / 1000)
      documents.push(runJson(run.result.document, dir, run.seconds))
      texts.push(`${runText(run.result.document, io.isColourful)}\n\n  ${shown(`${dir}/report.html`, io.cwd)}`)
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(2)
    const next =
      'Open a report in a browser. Next: read strategies/sma-cross.ts, change it, and run it with\n  klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h      (in a checkout: npm start -- backtest …)'
    return {
      json: { runs: documents },
      text: `${texts.join('\n\n')}\n\n${seconds} s. Both are examples; neither is claimed to make money.\n${next}`,
    }
  },
} satisfies Command
