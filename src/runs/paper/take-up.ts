import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { timeName } from '../../core/time.ts'
import { readAsked } from '../prepare.ts'
import { UsageError } from '../usage-error.ts'
import type { Alarm } from './alarm.ts'
import { beginOrRead, checkStart } from './begin-session.ts'
import { checkBegunAnew, type Met } from './begun-anew.ts'
import { breachAlarm } from './breach-alarm.ts'
import { Drift } from './drift.ts'
import { driftBaseline } from './drift-baseline.ts'
import { Journal } from './journal.ts'
import { identityOf, type PreparedSession, saidOf } from './paper-request.ts'
import type { SessionFile } from './session-file.ts'
import { sessionName, sessionsIn } from './session-folder.ts'
import { type Held, holdSession } from './session-lock.ts'
import type { SessionOptions } from './session-options.ts'
import type { JournalRecord } from './session-record.ts'
import { SessionState } from './session-state.ts'

const JOURNAL = 'journal.log'

/** A session's folder, held by this process, with all that its journal says taken. */
export interface TakenUp {
  readonly dir: string
  readonly file: SessionFile
  readonly state: SessionState
  /** Of a live session that goes on nothing but its models. */
  readonly prepared: PreparedSession | null
  readonly journal: Journal
  /** What its journal has set off, said or not. */
  readonly alarms: readonly Alarm[]
  readonly drift: Drift
  readonly held: Held
  /** What there is to say of it. */
  readonly remarks: readonly { readonly level: 'info' | 'warn'; readonly text: string; readonly fields: object }[]
}

/**
 * Begins a session, or takes up the one that the same command has begun: its journal is taken again, record by record.
 * @throws UsageError, DataError for what makes that impossible; StrategyError where the strategy's code failed
 */
export async function takeUp(options: SessionOptions): Promise<TakenUp> {
  const { asked, settings, broker } = options
  const { strategy, file: module, params, data } = await readAsked(asked, settings)
  const said = saidOf(asked, settings, { strategy, file: module!, params, data })
  const dir = join(sessionsIn(settings.out), sessionName(strategy.name, identityOf(said), options.name))
  const account = broker.account === undefined ? undefined : { name: broker.account, accounts: options.accounts }
  const held = await holdSession(dir, settings.out, account)
  try {
    const { file, warm, prepared } = await beginOrRead(dir, options, said)
    const state = new SessionState(file, prepared?.strategy ?? strategy, warm, prepared?.beside ?? [])
    const alarms: Alarm[] = []
    const digest = createHash('sha256')
      .update(readFileSync(join(dir, 'session.json')))
      .digest('hex')
    let before: string | null = null
    const journal = await Journal.open(join(dir, JOURNAL), (record, line) => {
      const one = record as JournalRecord
      if (one.kind === 'opened') before = one.begun ?? null
      if (line === 1) checkStart(join(dir, JOURNAL), one, digest)
      for (const breach of state.take(one).breaches) alarms.push(breachAlarm(breach, state.run.at))
    })
    const there = { now: options.clock.now(), begun: options.replay?.begun ?? null, before }
    if (state.final === null) await checkThere(journal, file, state.run.at, there)
    const isNew = journal.records === 0
    if (isNew) {
      await checkPlays(journal, file, options)
      const warmup = file.slots.map((slot) => slot.warmup)
      journal.write({ kind: 'start', at: file.created, session: digest, warmup } satisfies JournalRecord)
      await journal.flush()
    }
    const drift = new Drift(file, await driftBaseline(file, settings.out, options.expect), prepared?.beside ?? [])
    const remarks = remarksOf(journal, state, isNew)
    return { dir, file, state, prepared, journal, alarms, drift, held, remarks }
  } catch (error) {
    held.discard()
    throw error
  }
}

async function checkThere(journal: Journal, file: SessionFile, seen: number, there: Met): Promise<void> {
  try {
    checkBegunAnew(file, seen, there)
  } catch (error) {
    await journal.close()
    throw error
  }
}

/** One that goes on may have bars to catch up with; a new one would only be there to end. */
async function checkPlays(journal: Journal, { broker }: SessionFile, { replay, clock }: SessionOptions): Promise<void> {
  if (replay?.state()?.word !== 'ended') return
  await journal.close()
  throw new UsageError(
    `--broker ${broker}: its replay is over, at ${timeName(clock.now())}: no bar comes there any more. Nothing was begun; start klinelab exchange anew, slower or with --speed step, and this command right after it`,
  )
}

function remarksOf({ cut, file, records }: Journal, { run, final }: SessionState, isNew: boolean): TakenUp['remarks'] {
  const torn = `${file}: its last record was not whole and was cut off: it had not acted. A kill or a power cut leaves it so; so does copying the folder of a session that runs, and what that did since is in the original alone: go on there`
  const from = run.at > 0 ? timeName(run.at) : 'its beginning'
  const goesOn = `goes on from ${from}: ${records} ${records === 1 ? 'record' : 'records'} in its journal, open orders: ${run.openOrders().length}`
  return [
    ...(cut === null ? [] : [{ level: 'warn', text: torn, fields: cut } as const]),
    ...(isNew || final !== null ? [] : [{ level: 'info', text: goesOn, fields: {} } as const]),
  ]
}
