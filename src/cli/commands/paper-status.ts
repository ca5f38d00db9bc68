import { timeName } from '../../core/time.ts'
import { askSession } from '../../runs/paper/control.ts'
import { readGone } from '../../runs/paper/last-state.ts'
import type { SessionFile } from '../../runs/paper/session-file.ts'
import { findSession, listSessions } from '../../runs/paper/session-folder.ts'
import type { PaperSnapshot } from '../../runs/paper/snapshot.ts'
import type { Command } from '../command.ts'
import { OUT, settingsOf } from '../flags.ts'
import { heldText, paperText } from '../paper-text.ts'
import { shown } from '../run-text.ts'
import { amount, plural, tableText } from '../text.ts'

/** A session, and what it says where it runs, or what its files say. */
interface Found {
  readonly dir: string
  readonly file: SessionFile
  readonly isRunning: boolean
  readonly state: string
  /** `null` where it has never run. */
  readonly snapshot: PaperSnapshot | null
  /** Records of its journal that are newer. */
  readonly later: number
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
    const json = found.map(({ dir, file, isRunning, state, snapshot, later }) => ({
      ...{ name: file.name, dir, isRunning, state, snapshot, later },
    }))
    if (name !== undefined) {
      const { dir, file, isRunning, state, snapshot, later } = found[0]!
      const said = snapshot === null ? `${file.name} has never run` : paperText(snapshot, state)
      const newer = later === 0 ? '' : `, as of ${plural(later, 'record')} before the end of its journal`
      const how = isRunning || snapshot === null ? '' : `\n\n  It does not run${newer}`
      return { json: json[0], text: `${said}${how}\n\n  ${shown(dir, io.cwd)}` }
    }
    return { json, text: found.length === 0 ? `no sessions in ${shown(out, io.cwd)}` : listText(found) }
  },
} satisfies Command

async function asked({ dir, file }: { dir: string; file: SessionFile }): Promise<Found> {
  const answer = await askSession(dir, { ask: 'status' })
  if (answer?.ok) {
    const { snapshot } = answer
    return { dir, file, isRunning: true, state: snapshot.state, snapshot, later: 0 }
  }
  const gone = await readGone(dir)
  return { ...{ dir, file, isRunning: false, state: 'never run', snapshot: null, later: 0 }, ...gone }
}

function listText(found: readonly Found[]): string {
  const rows = found.map(({ file, state, snapshot }) => [
    ...[file.name, state, file.broker, file.slots.map(({ series }) => series).join(' ')],
    ...(snapshot === null
      ? ['–', '–', '–', '–', '–', '–']
      : [
          snapshot.at === null ? '–' : timeName(snapshot.at),
          `${amount(snapshot.equity)} ${snapshot.quote}`,
          heldText(snapshot),
          String(snapshot.openOrders.length),
          String(snapshot.counters.fills),
          String(snapshot.counters.alarms),
        ]),
  ])
  const columns = ['session', 'state', 'broker', 'series', 'last instant', 'equity', 'position', 'open']
  return tableText([...columns, 'fills', 'alarms'], rows)
}
