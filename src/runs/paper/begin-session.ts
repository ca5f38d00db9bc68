import { timeName } from '../../core/time.ts'
import { DataError } from '../../data/data-error.ts'
import type { StreamClock } from '../../data/stream/stream-clock.ts'
import { VERSION } from '../package-info.ts'
import type { Settings } from '../settings.ts'
import type { TrainingHost } from '../train-run.ts'
import { identityOf, type PaperRequest, type PreparedSession } from './paper-request.ts'
import type { Bringing } from './prepare-live.ts'
import { prepareSession } from './prepare-session.ts'
import { readSession, readWarmUp, type SessionFile, type WarmSlot, warmUpOf, writeSession } from './session-file.ts'
import { checkNoCopy, checkSame, newSessionId } from './session-folder.ts'
import { pickModels } from './session-models.ts'
import type { JournalRecord } from './session-record.ts'

interface BeginOptions {
  readonly asked: PaperRequest
  readonly settings: Settings
  readonly bringing: Bringing
  readonly training?: TrainingHost
  readonly clock: StreamClock
}

/** A session's file, the bars before its first, and what was loaded for it. */
interface Begun {
  readonly file: SessionFile
  readonly warm: readonly WarmSlot[]
  /** Of a live session that goes on nothing but its models. */
  readonly prepared: PreparedSession | null
}

/**
 * Reads what a session of a folder is, or begins it there.
 * @throws UsageError where it was begun with something else, DataError where what it needs has changed
 */
export async function beginOrRead(
  dir: string,
  options: BeginOptions,
  said: NonNullable<SessionFile['said']>,
): Promise<Begun> {
  const { asked, settings, bringing, training, clock } = options
  const file = readSession(dir)
  if (file !== null) {
    checkNoCopy(dir, file)
    checkSame(dir, file, said)
  }
  if (file !== null && file.mode.kind === 'live' && file.models.length === 0)
    return { file, warm: readWarmUp(dir, file), prepared: null }
  const pick = pickModels(settings.out, file)
  const prepared = await prepareSession(asked, settings, bringing, { ...training, pick, isSession: true })
  if (file === null) {
    const made: SessionFile = {
      ...{ version: 1, session: newSessionId(), name: dir.split(/[\\/]/).at(-1)! },
      ...{ created: clock.now(), klinelab: VERSION, ...prepared.facts, asked: identityOf(said), said },
    }
    writeSession(dir, made, prepared.warm)
    return { file: made, warm: prepared.warm, prepared }
  }
  const changed = file.slots.find(({ warmup }, k) => warmUpOf(prepared.warm[k]!).sha256 !== warmup.sha256)
  if (file.mode.kind === 'replay' && changed !== undefined)
    throw new DataError(
      `${dir}: the stored bars of ${changed.series} before ${timeName(file.from)} are not those that the session began with; begin a new one with --name`,
    )
  const artifacts = (models: SessionFile['models']) => models.map(({ artifact }) => artifact).join()
  if (artifacts(file.models) !== artifacts(prepared.facts.models))
    throw new DataError(
      `${dir}: the models of the strategy have been trained anew since the session began, on other data; begin a new one with --name`,
    )
  return { file, warm: readWarmUp(dir, file), prepared }
}

/** @throws DataError where a journal is another session's */
export function checkStart(file: string, record: JournalRecord, digest: string): void {
  if (record.kind !== 'start' || record.session !== digest)
    throw new DataError(
      `${file}: is not the journal of the session that session.json describes: one of the two was changed or put there`,
    )
}
