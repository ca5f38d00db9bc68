import { setTimeout as wait } from 'node:timers/promises'
import { askSession, type ControlRequest } from '../runs/paper/control.ts'
import { findSession, listSessions } from '../runs/paper/session-folder.ts'
import type { PaperSnapshot } from '../runs/paper/snapshot.ts'
import { UsageError } from '../runs/usage-error.ts'

/** Between two looks whether it has ended, ms. */
const LOOK = 100

interface Running {
  readonly dir: string
  readonly name: string
}

/**
 * The running session of a name; without one, the only one that runs.
 * @throws UsageError that says what to do where there is none
 */
async function runningSession(out: string, name: string | undefined): Promise<Running> {
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
      ? 'no session runs; those that there are: klinelab paper status'
      : `several sessions run: name one of ${running.map((one) => one.name).join(', ')}`,
  )
}

/** Asks the session of a name. @throws UsageError where it does not run */
export async function askNamed(
  out: string,
  name: string | undefined,
  request: ControlRequest,
): Promise<{ readonly dir: string; readonly snapshot: PaperSnapshot }> {
  const found = await runningSession(out, name)
  const answer = await askSession(found.dir, request)
  if (answer === null)
    throw new UsageError(
      `${found.name} does not run: start it again with the command that began it, and it goes on where it stopped`,
    )
  if (!answer.ok) throw new UsageError(`${found.name}: ${answer.error}`)
  return { dir: found.dir, snapshot: answer.snapshot }
}

/** Waits until a session answers no more. */
export async function untilEnded(dir: string): Promise<void> {
  while ((await askSession(dir, { ask: 'status' })) !== null) await wait(LOOK)
}
