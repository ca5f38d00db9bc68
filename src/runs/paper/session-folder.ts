import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { didYouMean } from '../../core/suggest.ts'
import { timeName } from '../../core/time.ts'
import { sha256 } from '../run-identity.ts'
import type { Settings } from '../settings.ts'
import { UsageError } from '../usage-error.ts'
import { identityOf } from './paper-request.ts'
import { readSession, type SessionFile } from './session-file.ts'

const PAPER = 'paper'

/** Where the sessions of a folder of runs are. */
export function sessionsIn(out: string): string {
  return join(out, PAPER)
}

/** `<strategy>-<8 hex of what it is>`, or the name that was given. @throws UsageError for one that is no folder's */
export function sessionName(strategy: string, asked: Readonly<Record<string, string>>, given?: string): string {
  if (given === undefined) return `${strategy}-${sha256(asked).slice(0, 8)}`
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(given))
    throw new UsageError(`--name "${given}": use letters, digits, -, _ and .; it is the name of a folder`)
  return given
}

/** Eight hex digits that no other session has. */
export function newSessionId(): string {
  return randomBytes(4).toString('hex')
}

/**
 * A command on a session, as it is typed into a shell.
 * @param words of `klinelab paper`, such as `resume NAME` @param out folder of runs that it has to be told of; `null`: it looks there by itself
 */
export function sessionCommand(words: string, out: string | null): string {
  if (out === null) return `klinelab paper ${words}`
  return `klinelab paper ${words} --out ${/^[\w./@:+-]+$/.test(out) ? out : `'${out.replaceAll("'", "'\\''")}'`}`
}

/** The folder of runs where another command has to be told of it; `null` where that is the built-in one. */
export function outToSay({ out, origins }: Pick<Settings, 'out' | 'origins'>): string | null {
  return origins['out']?.from === 'built in' ? null : out
}

/** What the command has to say alike for a session to go on, as it is said of the difference. */
const SAID: Readonly<Record<string, string>> = {
  strategy: 'the strategy',
  code: 'the code of the strategy',
  params: 'its parameters (--set)',
  data: 'the series (--data)',
  bars: 'live or replayed bars, or their range (--replay, --from, --to)',
  broker: 'where orders go (--broker)',
  safety: 'the limits of the session (--max-loss, --on-alarm, …)',
  settings: 'cash, limits of risk, execution or warm-up',
  costs: 'fees or slippage',
  margin: 'leverage, margin mode or funding',
}

/** Whether a folder was copied or renamed: the session that it names has, or had, another. */
export function isCopy(dir: string, { name }: Pick<SessionFile, 'name'>): boolean {
  return basename(dir) !== name
}

/** @throws UsageError where a folder is a copy: two sessions would send orders by the same ids, and each take the other's for its own */
export function checkNoCopy(dir: string, file: SessionFile): void {
  if (!isCopy(dir, file)) return
  const { name } = file
  throw new UsageError(
    `${dir}: is a copy of the session ${name}, or was renamed; a copy is there to be looked at. Go on in ${join(dirname(dir), name)} (where that is gone, give this folder its name back), or begin a new session with another --name`,
  )
}

/** @throws UsageError where the session of a folder is another than is asked for */
export function checkSame(dir: string, file: SessionFile, said: NonNullable<SessionFile['said']>): void {
  const asked = identityOf(said)
  const other = Object.keys(asked).filter((name) => file.asked[name] !== asked[name])
  if (other.length === 0) return
  const texts = other.map((name) => {
    const unlike = file.said === undefined || name === 'code' ? [] : changes(name, file.said[name], said[name])
    return `${SAID[name] ?? name}${unlike.length === 0 ? '' : ` (${unlike.join(', ')})`}`
  })
  throw new UsageError(
    `${dir}: this session was begun with something else: ${texts.join('; ')}. A session goes on as it began; begin a new one with another --name`,
  )
}

/** Ends of a replay, UTC ms. */
const TIMES = ['from', 'to']

/** Value by value what was said before and is said now, as JSON, and times as dates. */
function changes(name: string, was: unknown, is: unknown): string[] {
  const said = (value: unknown) =>
    typeof value === 'number' && TIMES.includes(name) ? timeName(value) : (JSON.stringify(value) ?? 'nothing')
  const [before, now] = [said(was), said(is)]
  if (before === now) return []
  if (!isRecord(was) || !isRecord(is)) return [`${name} was ${before}, is ${now}`]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) => changes(key, was[key], is[key]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sessions of a folder of runs, by name. */
export function listSessions(out: string): readonly { readonly dir: string; readonly file: SessionFile }[] {
  const parent = sessionsIn(out)
  if (!existsSync(parent)) return []
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(parent, name))
    .sort()
    .flatMap((dir) => {
      const file = readSession(dir)
      return file === null ? [] : [{ dir, file }]
    })
}

/**
 * The session of a name, or of the beginning of one.
 * @throws UsageError that lists what there is
 */
export function findSession(out: string, name: string): { readonly dir: string; readonly file: SessionFile } {
  const all = listSessions(out)
  // a copy has the name of what it is a copy of, in a folder of another
  const exact = all.find(({ dir }) => basename(dir) === name) ?? all.find(({ file }) => file.name === name)
  const begun = all.filter(({ file }) => file.name.startsWith(name))
  if (exact !== undefined) return exact
  if (begun.length === 1) return begun[0]!
  const names = all.map(({ file }) => file.name)
  if (begun.length > 1)
    throw new UsageError(`"${name}" is the beginning of ${begun.map(({ file }) => file.name).join(', ')}: write more`)
  throw new UsageError(
    `there is no session "${name}"${didYouMean(name, names)} in ${sessionsIn(out)}; ${names.length > 0 ? `there are: ${names.join(', ')}` : 'there are none'}`,
  )
}
