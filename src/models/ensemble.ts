import { requireSetting, settingsOf } from '../preprocess/settings.ts'
import type { Classifier, FitOptions, FittedClassifier, TrainingSet } from './classifier.ts'
import { FittedJson } from './fitted-json.ts'
import { LogisticRegression } from './logistic-regression.ts'
import { skillWeights } from './skill-weights.ts'
import { fitStack, stackColumns } from './stacking.ts'

export interface EnsembleSettings {
  /**
   * `mean`: all members alike. `loss`: each by how much lower its log loss is than that of saying the shares of the classes, on
   * the validation rows. `stacking`: a logistic regression of the members' logits, on probabilities out of fold.
   */
  readonly vote: 'mean' | 'loss' | 'stacking'
}

/** What fitted members are joined by. */
interface JoinEvidence {
  /** For `loss`, rows that no member has learnt from. */
  readonly validation?: Int32Array | null
  /** For `stacking`, each member's probabilities of `data.rows` out of fold: by a model that has not learnt from the row. */
  readonly outOfFold?: readonly Float64Array[]
}

export interface EnsembleClassifier extends Classifier {
  readonly members: readonly Classifier[]
  /**
   * An ensemble of members that were fitted one by one; `fit` does both, but for `stacking`, whose evidence it cannot make.
   * @throws RangeError where the evidence is lacking or does not fit the data
   */
  join(fitted: readonly FittedClassifier[], data: TrainingSet, evidence?: JoinEvidence): Ensemble
}

/**
 * Several classifiers asked together.
 * @throws TypeError without members, on a setting it does not know or a value that makes no sense
 */
export function ensemble(members: readonly Classifier[], given: Partial<EnsembleSettings> = {}): EnsembleClassifier {
  const { vote } = settingsOf<EnsembleSettings>('ensemble', given, { vote: 'mean' })
  requireSetting(['mean', 'loss', 'stacking'].includes(vote), 'ensemble', 'vote', vote, '"mean", "loss" or "stacking"')
  if (!Array.isArray(members) || members.length === 0) throw new TypeError('ensemble: a list of classifiers is needed')
  const join: EnsembleClassifier['join'] = (fitted, data, { validation, outOfFold } = {}) => {
    if (fitted.length === 0) throw new RangeError('ensemble: there is no fitted member to join')
    if (vote === 'mean') return Ensemble.mean(fitted, data.classes)
    if (vote === 'loss') return new Ensemble(fitted, data.classes, skillWeights(fitted, data, validation))
    return new Ensemble(fitted, data.classes, fitStack(fitted.length, data, outOfFold))
  }
  return {
    kind: 'ensemble',
    settings: { vote, members: members.map(({ kind, settings }) => ({ kind, settings })) },
    members,
    window: Math.max(...members.map(({ window = 1 }) => window)),
    isWatched: vote === 'loss' || members.some(({ isWatched = false }) => isWatched),
    join,
    async fit(data, options) {
      if (vote === 'stacking')
        throw new RangeError('ensemble: stacking needs probabilities out of fold: fit the members, then join them')
      if (vote === 'loss' && !options.validation?.length)
        throw new RangeError('ensemble: { vote: "loss" } needs validation rows; take { vote: "mean" }')
      return join(await fitMembers(members, data, options), data, options)
    },
  }
}

/** One after the other, each with a seed of its own; where a member was asked to stop, no further one is begun. */
async function fitMembers(
  members: readonly Classifier[],
  data: TrainingSet,
  { seed, validation = null, onProgress }: FitOptions,
): Promise<readonly FittedClassifier[]> {
  const fitted: FittedClassifier[] = []
  let isStopped = false
  for (const [m, member] of members.entries()) {
    if (isStopped) break
    const watched: FitOptions['onProgress'] =
      onProgress &&
      ((step) => {
        isStopped = onProgress(step) === false
        return !isStopped
      })
    fitted.push(await member.fit(data, { seed: seed + m, validation, ...(watched && { onProgress: watched }) }))
  }
  return fitted
}

/** Fitted members that are asked together. */
export class Ensemble implements FittedClassifier {
  readonly kind = 'ensemble'
  readonly members: readonly FittedClassifier[]
  readonly classes: 2 | 3
  /** A weight a member, adding up to 1, or the model on top of them. */
  readonly vote: readonly number[] | LogisticRegression

  constructor(members: readonly FittedClassifier[], classes: 2 | 3, vote: readonly number[] | LogisticRegression) {
    this.members = members
    this.classes = classes
    this.vote = vote
  }

  /** All members alike. */
  static mean(members: readonly FittedClassifier[], classes: 2 | 3): Ensemble {
    return new Ensemble(
      members,
      classes,
      members.map(() => 1 / members.length),
    )
  }

  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    const said = this.members.map((member) => member.predictProba(columns, rows))
    const { vote } = this
    if (vote instanceof LogisticRegression)
      return vote.predictProba(
        stackColumns(said, this.classes),
        Int32Array.from(rows, (_, k) => k),
      )
    const out = new Float64Array(said[0]!.length)
    for (const [m, p] of said.entries()) {
      const weight = vote[m]!
      // a member without a say may not even know the row
      if (weight > 0) for (let k = 0; k < out.length; k++) out[k]! += weight * p[k]!
    }
    return out
  }

  toJSON(): unknown {
    const { kind, classes, vote, members } = this
    return {
      kind,
      classes,
      vote: vote instanceof LogisticRegression ? vote.toJSON() : vote,
      members: members.map((member) => member.toJSON()),
    }
  }

  /**
   * @param readMember makes a member from its JSON
   * @throws RangeError that says where and what is wrong with it
   */
  static fromJson(json: unknown, readMember: (json: unknown) => FittedClassifier, where = 'ensemble'): Ensemble {
    const read = FittedJson.of('ensemble', json, where)
    const members = read.list('members')
    if (members.length === 0) read.refuse('members', 'a list of members')
    const vote = Array.isArray(read.any('vote'))
      ? [...read.numbers('vote', members.length)]
      : LogisticRegression.fromJson(read.any('vote'), `${where}: vote`)
    return new Ensemble(
      members.map((member) => readMember(member)),
      read.oneOf('classes', [2, 3] as const),
      vote,
    )
  }
}
