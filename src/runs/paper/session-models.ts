import { existsSync } from 'node:fs'
import { timeName } from '../../core/time.ts'
import type { Strategy } from '../../engine/index.ts'
import { type Artifact, readArtifact } from '../../models/artifact.ts'
import { championFolder, championOf, type Reign, readChampionship, reignFolder } from '../champion.ts'
import { modelsOf, type NamedModel } from '../load-strategy.ts'
import { VERSION } from '../package-info.ts'
import type { PickModel } from '../picked-model.ts'
import { trainedModels } from '../trained-models.ts'
import type { Alarm } from './alarm.ts'
import type { SessionFile } from './session-file.ts'

/**
 * The models that a session asks: a new one the champions, one that goes on those that it began with, whoever reigns by now: its
 * journal comes to the same for ever only with the same models.
 * @param file of the session; `null`: it is about to begin
 */
export function pickModels(out: string, file: Pick<SessionFile, 'models'> | null): PickModel {
  return (model) => {
    if (file === null) return championOf(championFolder(out, model), model.definition)
    const used = file.models.find(({ name }) => name === model.name)
    return used === undefined ? null : modelOf(out, model, used.artifact)
  }
}

function modelOf(out: string, model: NamedModel, artifact: string): Artifact | null {
  const reigned = reignFolder(championFolder(out, model), artifact)
  if (existsSync(reigned)) return readArtifact(reigned, VERSION, model.definition)
  for (const { dir, sha256, version } of trainedModels(out, () => undefined))
    if (sha256 === artifact && version === VERSION) return readArtifact(dir, VERSION, model.definition)
  return null
}

/** A model of a session that reigns no more: whoever begins a session now asks its champion. */
export interface WaitingChampion {
  readonly model: string
  /** Hashes of the champion and of the one that the session asks. */
  readonly champion: string
  readonly own: string
  /** When it began to reign, UTC ms. */
  readonly since: number
}

/** Knows which champions a session goes on without, and says so once of each. */
export class ChampionWatch {
  readonly #models: readonly { readonly name: string; readonly folder: string; readonly own: string }[]
  readonly #onAlarm: (alarm: Alarm) => void
  readonly #said: Set<string>
  /** As of the last look. */
  waiting: readonly WaitingChampion[]

  /** @param said alarms of the session so far */
  constructor(
    out: string,
    { models }: Pick<SessionFile, 'models'>,
    strategy: Strategy | null,
    said: readonly Alarm[],
    onAlarm: (alarm: Alarm) => void,
  ) {
    this.#models = (strategy === null ? [] : modelsOf(strategy)).flatMap((model) => {
      const used = models.find(({ name }) => name === model.name)
      return used === undefined ? [] : [{ name: model.name, folder: championFolder(out, model), own: used.artifact }]
    })
    this.#said = new Set(said.filter(({ kind }) => kind === KIND).map(({ facts }) => String(facts['champion'])))
    this.#onAlarm = onAlarm
    this.waiting = this.#found()
  }

  look(at: number): void {
    this.waiting = this.#found()
    for (const one of this.waiting) {
      if (this.#said.has(one.champion)) continue
      this.#said.add(one.champion)
      this.#onAlarm({
        ...{ at, kind: KIND, severity: 'info' },
        text: `model ${one.model} has a new champion since ${timeName(one.since)}; this session goes on with the model that it began with, and one that is begun with another --name asks the champion`,
        facts: { ...one },
      })
    }
  }

  #found(): WaitingChampion[] {
    return this.#models.flatMap(({ name, folder, own }) => {
      const reign = reignIn(folder)
      if (reign === null || reign.artifact === own) return []
      return [{ model: name, champion: reign.artifact, own, since: reign.since }]
    })
  }
}

const KIND = 'new-champion'

/** What is wrong with its file whoever retrains is told. */
function reignIn(folder: string): Reign | null {
  try {
    return readChampionship(folder)?.reigns.at(-1) ?? null
  } catch {
    return null
  }
}
