import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EvaluationDocument } from '../core/evaluation.ts'
import { groundsOf, withFolds } from './grounds.ts'
import { judgedWith, remembered } from './judge-again.ts'
import { renderModelRun } from './model-folder.ts'
import type { Settings } from './settings.ts'
import type { OnTraining } from './train.ts'
import { trainRun } from './train-run.ts'
import type { Verification } from './verification.ts'
import { differences } from './write-folder.ts'

/**
 * Trains the model of a run folder again from nothing, judges it, and compares every file: the same inputs must give the same
 * bytes.
 * @throws as `remembered` and `trainModel`
 */
export async function verifyModel(
  dir: string,
  settings: Settings,
  cwd: string,
  onTraining?: OnTraining,
): Promise<Verification> {
  const { document, request, file, model, isOneOfSeveral, range } = await remembered(dir, cwd)
  const { run } = document
  const temporary = mkdtempSync(join(tmpdir(), 'klinelab-verify-'))
  try {
    const grounds = withFolds(model, await groundsOf(model, settings.store, range))
    const by = { file, range, threshold: request.threshold, isOneOfSeveral }
    const host = { write: false, ...(onTraining && { onTraining }) }
    const { run: again } = await trainRun(model, grounds, judgedWith(settings, request), by, host)
    const fresh = join(temporary, 'run')
    renderModelRun(again, fresh)
    const changed = causes(document, again.result.document)
    const files = differences(dir, fresh)
    const problems = [
      ...changed,
      ...(changed.length > 0
        ? []
        : files.map(
            (name) => `${name} in the folder is missing, or not what the training writes: it was changed by hand`,
          )),
    ]
    return { run, dir, same: problems.length === 0, problems, differences: [] }
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Inputs that are not what they were. */
function causes(recorded: EvaluationDocument, fresh: EvaluationDocument): string[] {
  const [was, is] = [recorded.reproduce, fresh.reproduce]
  return [
    ...(recorded.engine.version === fresh.engine.version
      ? []
      : [`klinelab was ${recorded.engine.version}, is ${fresh.engine.version}: it may compute other bits`]),
    ...recorded.data.flatMap(({ series, sha256 }, k) =>
      fresh.data[k]?.sha256 === sha256 ? [] : [`the stored bars of ${series} are not those that it was trained on`],
    ),
    ...(was.definition === is.definition ? [] : ['the model is not defined as it was']),
    ...(was.code === is.code ? [] : ['the module, a file it imports, or the lockfile was changed']),
    ...(recorded.stopped === null ? [] : ['its training was stopped, where this one went on to its end']),
  ]
}
