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
  { workers, onStep, checkpoints }: TrainingWatch,
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
      const said = await inner.foretell((rows, part) =>
        fitClassifier(member, { ...own, rows }, watch, `${called}, ${part}`),
      )
      if (said.stoppedAt !== null) stoppedAt = said.stoppedAt
      outOfFold.push(said.p)
    }
    // one member at least is fitted, so that there is something to keep
    if (stoppedAt === null || learnt.length === 0) {
      const one = await fitClassifier(member, own, watch, called)
      learnt.push(one)
      stoppedAt ??= one.stoppedAt
    }
    if (stoppedAt !== null) break
  }
  const models = learnt.map(({ model }) => model)
  const isWhole = models.length === classifier.members.length && stoppedAt === null
  const { validation, plain } = lesson
  const joined = isWhole
    ? inner === null
      ? classifier.join(models, plain, { validation })
      : classifier.join(models, { ...plain, rows: inner.rows }, { outOfFold })
    : Ensemble.mean(models, plain.classes)
  return { model: joined, losses: learnt.flatMap(({ losses }) => losses), stoppedAt }
}
