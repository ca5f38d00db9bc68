import type { FoldEvaluation, LossStep } from '../core/evaluation.ts'
import { type Block, blockSection } from './evaluation-block.ts'
import { count, decimal, NONE } from './format.ts'
import { figure, tableHtml } from './html.ts'

/** Models that learn in steps, by name, each with its folds. */
export interface LearntModel {
  readonly model: string
  readonly folds: readonly { readonly fold: number; readonly steps: readonly LossStep[] }[]
}

export function learntModels(folds: readonly FoldEvaluation[]): LearntModel[] {
  const of = new Map<string, { fold: number; steps: readonly LossStep[] }[]>()
  for (const { fold, losses } of folds)
    for (const { model, steps } of losses)
      if (steps.length > 0) of.set(model, [...(of.get(model) ?? []), { fold, steps }])
  return [...of].map(([model, all]) => ({ model, folds: all }))
}

/** How training went: whether it had learnt enough, and whether it learnt by heart. */
export function lossesSection(block: Block): string {
  const models = learntModels(block.one.folds)
  if (models.length === 0) return ''
  const figures = models.map(({ model, folds }, k) => {
    const hasValidation = folds.some(({ steps }) => steps.some(({ validationLoss }) => validationLoss !== null))
    const words = `A line a fold, numbered at its end. ${hasValidation ? 'Full: rows set aside to stop by; dashed: rows learnt from. Where the dashed falls and the full one rises, it learns by heart.' : 'No rows were set aside: nothing here says whether it learns by heart.'}`
    return figure(`chart-losses${block.tail}-${k}`, `Loss by step: ${model}`, words, 260, lossTable(folds))
  })
  return blockSection(block, 'losses', 'Learning', `<div class="pair">${figures.join('')}</div>`)
}

function lossTable(folds: LearntModel['folds']): string {
  const text = (value: number | null | undefined) => (value === null || value === undefined ? NONE : decimal(value, 4))
  return tableHtml(
    'Loss by fold',
    [
      { title: 'Fold' },
      ...['steps', 'first', 'last', 'validation, best', 'at step', 'validation, last'].map((title) => ({
        title,
        kind: 'number' as const,
      })),
    ],
    folds.map(({ fold, steps }) => {
      const best = steps.reduce(
        (least, { validationLoss }, k) =>
          validationLoss !== null && (least < 0 || validationLoss < steps[least]!.validationLoss!) ? k : least,
        -1,
      )
      return [
        String(fold),
        count(steps.length),
        text(steps[0]?.loss),
        text(steps.at(-1)?.loss),
        text(steps[best]?.validationLoss),
        best < 0 ? NONE : count(best + 1),
        text(steps.at(-1)?.validationLoss),
      ]
    }),
  )
}
