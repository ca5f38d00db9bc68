import { askSession } from '../../runs/paper/control.ts'
import type { SessionFile } from '../../runs/paper/session-file.ts'
import { findSession, listSessions } from '../../runs/paper/session-folder.ts'
import type { PaperSnapshot } from '../../runs/paper/snapshot.ts'
import type { Command } from '../command.ts'
import { OUT, settingsOf } from '../flags.ts'
import { paperText } from '../paper-text.ts'
import { shown } from '../run-text.ts'
import { amount, tableText } from '../text.ts'

/** A session, and what it says where it runs. */
interface Found {
  readonly dir: string
  readonly file: SessionFile
  readonly snapshot: PaperSnapshot | null
}

export default {
  words: '[session]',
  flags: OUT,
  example: 'klinelab paper status',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const [name] = args.words
    const wanted = name === undefined ? listSessions(out) : [findSession(out, name)]
    const found = await Promise.all(wanted.map(asked))
    const json = found.map(({ dir, file, snapshot }) => ({
      name: file.name,
      dir,
      isRunning: snapshot !== null,
      snapshot,
    }))
    if (name !== undefined) {
      const { dir, file, snapshot } = found[0]!
      const said = snapshot === null ? `${file.name} does not run` : paperText(snapshot)
      return { json: json[0], text: `${said}\n\n  ${shown(dir, io.cwd)}` }
    }
    return { json, text: found.length === 0 ? `no sessions in ${shown(out, io.cwd)}` : listText(found) }
  },
} satisfies Command

async function asked({ dir, file }: { dir: string; file: SessionFile }): Promise<Found> {
  const answer = await askSession(dir, { ask: 'status' })
  return { dir, file, snapshot: answer?.ok ? answer.snapshot : null }
}

function listText(found: readonly Found[]): string {
  const rows = found.map(({ file, snapshot }) => [
    ...[file.name, snapshot?.state ?? 'not running', file.broker, file.slots.map(({ series }) => series).join(' ')],
    ...(snapshot === null
      ? ['–', '–', '–']
      : [
          `${amount(snapshot.equity)} ${snapshot.quote}`,
          String(snapshot.counters.fills),
          String(snapshot.counters.alarms),
        ]),
  ])
  return tableText(['session', 'state', 'broker', 'series', 'equity', 'fills', 'alarms'], rows)
}
