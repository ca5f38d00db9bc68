import type { Classifier, FitOptions } from './classifier.ts'
import { Ensemble, type EnsembleClassifier } from './ensemble.ts'
import { innerFolds } from './inner-folds.ts'
import type { Learnt, Lesson, LossCurve, TrainingWatch } from './lesson.ts'

/**
 * Fits a classifier, of an ensemble its members one after another with seeds of their own.
 * @throws RangeError where the settings do not fit the data
 */
export async function fitClassifier(
  classifier: Classifier,
  lesson: Lesson,
  watch: TrainingWatch,
  name = classifier.kind,
): Promise<Learnt> {
  return isEnsemble(classifier) ? fitEnsemble(classifier, lesson, watch, name) : fitOne(classifier, lesson, watch, name)
}

function isEnsemble(classifier: Classifier): classifier is EnsembleClassifier {
  return 'members' in classifier && 'join' in classifier
}

async function fitOne(
  classifier: Classifier,
  { rows, prepare, validation, seed }: Lesson,
  { workers, breathe, onStep, checkpoints }: TrainingWatch,
  name: string,
): Promise<Learnt> {
  const steps: LossCurve['steps'][number][] = []
  let stoppedAt: number | null = null
  const resume = checkpoints?.read(name)
  const options: FitOptions = {
    seed,
    validation: classifier.isWatched ? validation : null,
    onProgress: (step) => {
      steps.push({ loss: step.loss, validationLoss: step.validationLoss })
      const goesOn = onStep?.({ model: name, ...step })
      if (goesOn === false) stoppedAt = step.done
      return goesOn
    },
    ...(workers !== undefined && { workers }),
    ...(breathe && { breathe }),
    ...(checkpoints && { onCheckpoint: (checkpoint: unknown) => checkpoints.write(name, checkpoint) }),
    ...(resume !== undefined && resume !== null && { resume }),
  }
  const model = await classifier.fit(prepare(rows), options)
  // a resumed training has told of its last steps only; what it is itself knows all
  const { history } = model as { readonly history?: LossCurve['steps'] }
  return { model, losses: [{ model: name, steps: history ?? steps }], stoppedAt }
}

async function fitEnsemble(
  classifier: EnsembleClassifier,
  lesson: Lesson,
  watch: TrainingWatch,
  name: string,
): Promise<Learnt> {
  const learnt: Learnt[] = []
  const outOfFold: Float64Array[] = []
  const needsStack = classifier.settings['vote'] === 'stacking'
  const inner = needsStack ? innerFolds(lesson, classifier.window ?? 1) : null
  const within = name === classifier.kind ? '' : `${name} `
  let stoppedAt: number | null = null
  for (const [m, member] of classifier.members.entries()) {
    const own = { ...lesson, seed: lesson.seed + m }
    const called = `${within}${m + 1} ${member.kind}`
    if (inner !== null) {
      const { p, stopped } = await inner.foretell((rows, part) =>
        fitClassifier(member, { ...own, rows }, watch, `${called}, ${part}`),
      )
      outOfFold.push(p)
      if (stopped !== null) {
        stoppedAt = stopped.stoppedAt
        // nothing further is begun: what a part has taught is all that there is to keep
        if (learnt.length === 0) learnt.push(stopped)
        break
      }
    }
    const one = await fitClassifier(member, own, watch, called)
    learnt.push(one)
    stoppedAt = one.stoppedAt
    if (stoppedAt !== null) break
  }
  const models = learnt.map(({ model }) => model)
  const { validation, plain, prepare, rows } = lesson
  const join = () => {
    if (stoppedAt !== null) return Ensemble.mean(models, plain.classes)
    if (inner !== null) return classifier.join(models, { ...plain, rows: inner.rows }, { outOfFold })
    // rebalanced like what they have learnt from: their probabilities are of those shares of the classes
    return classifier.join(models, prepare(rows), { validation })
  }
  return { model: join(), losses: learnt.flatMap(({ losses }) => losses), stoppedAt }
}
