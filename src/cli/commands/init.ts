import { initProject } from '../../runs/init.ts'
import { quoted } from '../../runs/reproduce.ts'
import type { Command } from '../command.ts'
import { shown } from '../run-text.ts'

export default {
  words: '[dir]',
  flags: { 'no-install': { help: 'write the files only; run npm install yourself' } },
  example: 'klinelab init my-strategies',
  async run({ words, flags }, io) {
    const made = initProject(words[0] ?? '.', io.cwd, flags['noInstall'] !== true)
    const dir = shown(made.dir, io.cwd)
    const steps = [
      ...(dir === '' ? [] : [`cd ${quoted(dir)}`]),
      ...(made.installed ? [] : ['npm install']),
      'npx klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h',
      'npm test',
    ]
    return {
      json: made,
      text: `${made.files.map((file) => `  ${file}`).join('\n')}\n\nNext:\n${steps.map((step) => `  ${step}`).join('\n')}`,
    }
  },
} satisfies Command
