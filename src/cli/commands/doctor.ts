import { doctor } from '../../runs/doctor.ts'
import type { Command } from '../command.ts'
import { PLACES, settingsOf } from '../flags.ts'
import { plural } from '../text.ts'

export default {
  words: '',
  flags: PLACES,
  example: 'klinelab doctor',
  async run(args, io) {
    const health = await doctor(await settingsOf(args, io), io.env)
    const { versions, machine, store, reports, environment, problems } = health
    const lines: [string, string][] = [
      ...Object.entries(versions),
      ['machine', `${machine['cpu']}, ${machine['cores']} cores, ${machine['memoryGiB']} GiB, ${machine['platform']}`],
      [
        'store',
        `${store.dir}: ${plural(store.series, 'series', 'series')}, ${plural(store.bars, 'bar')}${store.writable ? '' : ', NOT writable'}`,
      ],
      ['reports', `${reports.dir}${reports.writable ? '' : ', NOT writable'}`],
      ...Object.entries(environment),
    ]
    const verdict = problems.length === 0 ? ['', 'all well'] : ['', ...problems]
    return {
      json: health,
      text: [...lines.map(([label, text]) => `${label.padEnd(17)} ${text}`), ...verdict].join('\n'),
      ok: problems.length === 0,
    }
  },
} satisfies Command
