import { isFromElsewhere, learnsFromLater, type ModelDefinition } from '../models/define-model.ts'

/** Objectives that saying the shares of the classes, whatever they are, brings to one and the same number. */
const FREE_OF_SHARES = ['auc', 'balancedAccuracy', 'macroRecall', 'mcc']

/**
 * What a search over a model's settings cannot tell, in plain sentences.
 * @param paths that were searched
 */
export function modelSearchRemarks(
  definition: ModelDefinition,
  objective: string,
  paths: readonly string[],
): readonly string[] {
  const searches = (name: string) => paths.some((path) => path === name || path.startsWith(`${name}.`))
  const isMoved = searches('label') && !FREE_OF_SHARES.includes(objective)
  return [
    ...(searches('label')
      ? [
          `Trials foretell different labels: ${isMoved ? `their ${objective} moves with how often each class comes, whether anything was foretold or not, so that the best may only be the most lopsided label; auc, balancedAccuracy and mcc do not` : `the same ${objective} is not as hard to reach for each of them, nor worth the same`}.`,
        ]
      : []),
    ...(searches('split') || searches('missing')
      ? ['Trials were judged on different rows: part of what tells them apart is which bars they were tested on.']
      : []),
    ...(searches('seed')
      ? [
          'The seed was searched: trials that differ in nothing else differ by luck alone, and the best has the most of it.',
        ]
      : []),
    ...(learnsFromLater(definition)
      ? [
          'Validation folds learn from bars after those they are tested on, too; what is held out comes after all of them.',
        ]
      : []),
    ...(isFromElsewhere(definition)
      ? ['A part has learnt outside of klinelab: nobody can tell whether it knows the bars that are held out.']
      : []),
  ]
}
