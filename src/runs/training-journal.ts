import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../data/index.ts'
import { foldFromJson, foldToJson } from '../models/artifact.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import type { FittedFold } from '../models/fit-fold.ts'

/**
 * What a training has come to so far, in a folder of its own beside the runs: folds that are done, and of the model at hand what it
 * may be resumed from. A training with the same definition and data goes on from it to the same bytes.
 */
export class TrainingJournal {
  readonly dir: string
  readonly #definition: ModelDefinition

  /** @param id tells trainings of other definitions, data or versions apart */
  constructor(out: string, id: string, definition: ModelDefinition) {
    this.dir = join(out, `.training-${id}`)
    this.#definition = definition
  }

  readFold(series: number, fold: number): FittedFold | null {
    const file = this.#file(series, fold)
    const json = readJson(file)
    return json === null ? null : foldFromJson(json, file, this.#definition)
  }

  writeFold(series: number, fold: number, fitted: FittedFold): void {
    writeAtomic(this.#file(series, fold), JSON.stringify(foldToJson(fitted)))
  }

  readCheckpoint(series: number, fold: number, model: string): unknown {
    return readJson(this.#checkpoint(series, fold, model))
  }

  writeCheckpoint(series: number, fold: number, model: string, checkpoint: unknown): void {
    writeAtomic(this.#checkpoint(series, fold, model), JSON.stringify(checkpoint))
  }

  /** When the run is written nobody needs it any more. */
  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }

  #file(series: number, fold: number): string {
    return join(this.dir, `series-${series}-fold-${fold}.json`)
  }

  #checkpoint(series: number, fold: number, model: string): string {
    return join(this.dir, `series-${series}-fold-${fold}-${model.replaceAll(/[^a-z0-9]+/gi, '-')}.checkpoint.json`)
  }
}

/** A file that was cut off is as good as none: what it told of is done again. */
function readJson(file: string): unknown {
  if (!existsSync(file)) return null
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
