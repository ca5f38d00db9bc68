import { basename } from 'node:path'
import { timeName } from '../../core/time.ts'
import { askSession } from '../../runs/paper/control.ts'
import { readGone } from '../../runs/paper/last-state.ts'
import type { SessionFile } from '../../runs/paper/session-file.ts'
import { findSession, isCopy, listSessions, outToSay } from '../../runs/paper/session-folder.ts'
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
  /** Records of its journal that are newer, their last instant, and the fills among them. */
  readonly later: number
  readonly laterTo: number | null
  readonly laterFills: number
}

const NONE = { later: 0, laterTo: null, laterFills: 0 } as const

export default {
  words: '[session]',
  flags: OUT,
  example: 'klinelab paper status',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const { out } = settings
    const [name] = args.words
    const wanted = name === undefined ? listSessions(out) : [findSession(out, name)]
    const found = await Promise.all(wanted.map(asked))
    const json = found.map(({ dir, file, isRunning, state, snapshot, later, laterTo, laterFills }) => ({
      ...{ name: file.name, dir, isRunning, state, asOf: snapshot?.at ?? null, later, laterTo, laterFills, snapshot },
    }))
    if (name !== undefined) {
      const { dir, file, isRunning, state, snapshot, later } = found[0]!
      const said = snapshot === null ? `${file.name} has never run` : paperText(snapshot, outToSay(settings), state)
      const old = later === 0 ? '' : `${oldText(found[0]!)}\n\n`
      const how =
        isRunning || snapshot === null
          ? ''
          : `\n\n  ${isCopy(dir, file) ? `It is a copy of the session ${file.name}, or was renamed: it is there to be looked at` : 'It does not run'}`
      return { json: json[0], text: `${old}${said}${how}\n\n  ${shown(dir, io.cwd)}` }
    }
    const old = found.filter(({ later }) => later > 0).map((one) => `\n\n${oldText(one)}`)
    return {
      json,
      text: found.length === 0 ? `no sessions in ${shown(out, io.cwd)}` : `${listText(found)}${old.join('')}`,
    }
  },
} satisfies Command

async function asked({ dir, file }: { dir: string; file: SessionFile }): Promise<Found> {
  const answer = await askSession(dir, { ask: 'status' })
  if (answer?.ok) {
    const { snapshot } = answer
    return { dir, file, isRunning: true, state: snapshot.state, snapshot, ...NONE }
  }
  const gone = await readGone(dir)
  return { ...{ dir, file, isRunning: false, state: 'never run', snapshot: null, ...NONE }, ...gone }
}

/** What is shown of a session whose process died was written before the last that it took. */
function oldText({ file, snapshot, later, laterTo, laterFills }: Found): string {
  const at = snapshot?.at ?? null
  const asOf = at === null ? 'before its first bar' : `as of ${timeName(at)} UTC`
  const upTo = laterTo === null ? '' : `, up to ${timeName(laterTo)} UTC`
  const fills = laterFills === 0 ? '' : `, ${plural(laterFills, 'fill')} among them`
  return `! The process of ${file.name} died. What is shown of it is ${asOf}: its journal holds ${plural(later, 'record')} more${upTo}${fills}, which the same command plays when it is started again. Position, orders and fills may be others by now.`
}

function listText(found: readonly Found[]): string {
  const rows = found.map(({ dir, file, state, snapshot }) => [
    ...[
      isCopy(dir, file) ? `${basename(dir)} (copy of ${file.name})` : file.name,
      state,
      file.broker,
      file.slots.map(({ series }) => series).join(' '),
    ],
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
