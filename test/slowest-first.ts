import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take eight seconds of processor time or more, the longest first. On a fresh clone nothing is known of earlier runs, and
 * the runner goes by the size of files: a short one that takes long would keep one worker busy after the other has ended.
 */
const SLOWEST = [
  'e2e/package',
  'cli/commands',
  'docs/readme',
  'report/browser',
  'report/evaluation-browser',
  'report/sweep-browser',
  'report/walk-forward-browser',
  'cli/train',
  'report/margin-browser',
  'cli/searches',
  'cli/train-stopped',
  'runs/paper/exchange/shipped',
  'notebooks/notebooks',
  'models/scikit-trees',
  'strategies/strategies',
  'runs/check',
  'strategies/ten-coins',
  'runs/model-sweep',
  'cli/promote',
  'runs/paper/exchange/spot-trades',
  'runs/sweep-stopped',
  'cli/data-sync',
  'runs/sweep',
  'cli/explain',
  'cli/check',
  'chaos/chaos',
  'runs/stress',
  'runs/paper/parity-sum',
  'indicators/work',
  'data/remote/store-s3',
  'data/remote/store-gcs',
  'data/collect/faults',
  'data/parallel-import',
  'indicators/contract',
  'data/collect/get-killed',
  'properties/execution',
  'indicators/exact',
  'api/run-sweep',
  'indicators/drift',
  'properties/stretches',
]

/** Within each project the slowest files first, then the others as the runner has them. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = SLOWEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return at === -1 ? SLOWEST.length : at
    }
    const sorted = await super.sort(files)
    const projects = [...new Set(sorted.map(({ project }) => project))]
    return projects.flatMap((one) =>
      sorted.filter(({ project }) => project === one).toSorted((a, b) => place(a) - place(b)),
    )
  }
}
