import { setTimeout as wait } from 'node:timers/promises'
import { timeName } from '../core/time.ts'
import { askSession, type ControlRequest } from '../runs/paper/control.ts'
import { readGone } from '../runs/paper/last-state.ts'
import { findSession, listSessions, outToSay, sessionCommand } from '../runs/paper/session-folder.ts'
import type { PaperSnapshot } from '../runs/paper/snapshot.ts'
import type { Settings } from '../runs/settings.ts'
import { UsageError } from '../runs/usage-error.ts'

/** Between two looks whether it has ended, ms. */
const LOOK = 100

/** Settings of which only the folder of runs counts. */
type Where = Pick<Settings, 'out' | 'origins'>

interface Running {
  readonly dir: string
  readonly name: string
}

/**
 * The running session of a name; without one, the only one that runs.
 * @throws UsageError that says what to do where there is none
 */
async function runningSession(where: Where, name: string | undefined): Promise<Running> {
  const { out } = where
  if (name !== undefined) {
    const { dir, file } = findSession(out, name)
    return { dir, name: file.name }
  }
  const running: Running[] = []
  for (const { dir, file } of listSessions(out))
    if ((await askSession(dir, { ask: 'status' })) !== null) running.push({ dir, name: file.name })
  if (running.length === 1) return running[0]!
  throw new UsageError(
    running.length === 0
      ? `no session runs; those that there are: ${sessionCommand('status', outToSay(where))}`
      : `several sessions run: name one of ${running.map((one) => one.name).join(', ')}`,
  )
}

/** Asks the session of a name. @param goal what it is asked for in the end @throws UsageError where it does not run */
export async function askNamed(
  where: Where,
  name: string | undefined,
  request: ControlRequest,
  goal: ControlRequest['ask'] = request.ask,
): Promise<{ readonly dir: string; readonly snapshot: PaperSnapshot }> {
  const found = await runningSession(where, name)
  const answer = await askSession(found.dir, request)
  if (answer === null)
    throw new UsageError(await whyNot(found, goal, sessionCommand(`status ${found.name}`, outToSay(where))))
  if (!answer.ok) throw new UsageError(`${found.name}: ${answer.error}`)
  return { dir: found.dir, snapshot: answer.snapshot }
}

/** Why a session that does not run cannot be asked that, and what can be done instead. */
async function whyNot({ dir, name }: Running, ask: ControlRequest['ask'], look: string): Promise<string> {
  const gone = await readGone(dir)
  const again = 'start it again with the command that began it, and it goes on where it stopped'
  if (gone === null) return `${name} does not run: its process began it and got no farther; ${again}`
  const { state, snapshot } = gone
  const at = snapshot.at === null ? '' : ` at ${timeName(snapshot.at)} UTC`
  if (state === 'ended') {
    const what = ask === 'stop' ? 'there is nothing to stop' : `there is nothing to ${ask}: no bar comes any more`
    return `${name} has ended${at}, its replay being over: ${what}. What it came to: ${look}; to trade other bars begin a session with another --name`
  }
  if (state === 'stopped') {
    const what = ask === 'stop' ? 'it is stopped already' : `${ask} is for a session that runs and is halted`
    return `${name} does not run, it was stopped${at}: ${what}; ${again}`
  }
  return `${name} does not run, ${state === 'failed' ? 'it failed' : 'its process died'}${at}: ${again} (${look} shows how it was left)`
}

/** Waits until a session answers no more. */
export async function untilEnded(dir: string): Promise<void> {
  while ((await askSession(dir, { ask: 'status' })) !== null) await wait(LOOK)
}
