import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SweepDocument } from '../../src/core/search.ts'
import { klinelab, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'
import { modelModule } from './model-modules.ts'

const CWD = scratch({
  'm.ts': modelModule(),
  'two.ts': `${modelModule().split('export default')[0]}export { up as down }\n`,
  'package.json': '{ "type": "module" }',
})
const RANGE = ['--from', '2024-01-01', '--to', '2024-02-15']

const AT = { cwd: CWD, env: { KLINELAB_REPORTS: join(CWD, 'out') } }
const sweep = (...args: readonly string[]) => klinelabHere(['sweep', ...args], AT)

type Printed = SweepDocument & { readonly dir: string; readonly report: string; readonly seconds: number }

test('klinelab sweep searches a model, says what the best is worth, and leaves the run behind', async () => {
  const args = ['m.ts', '--model', 'up', ...RANGE, '--set', 'model.C=0.01,1', '--set', 'label.horizon=3,12']
  // as a user runs it
  const done = klinelab(['sweep', ...args, '--json'], AT)
  expect(done).toMatchObject({ code: 0, stderr: '' })
  const { dir, report, seconds, ledger, ...document } = done.json<Printed & { ledger: unknown }>()
  expect(document).toEqual(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')))
  expect(document).toMatchObject({ subject: 'model', search: { objective: { name: 'logLoss', goal: 'min' } } })
  const text = await sweep(...args, '--workers', '1')
  expect(text).toMatchObject({ code: 0, stderr: '' })
  const four = (value: number) => String(Number(value.toPrecision(4)))
  const { best, heldOut, trials } = document
  expect(text.stdout).toContain(`up: ${trials.all} trials, by logLoss`)
  expect(text.stdout).toMatch(/model\.C +label\.horizon +logLoss +auc +accuracy +rows/)
  expect(text.stdout).toContain(
    `Chosen for logLoss ${four(best!.objective!)} on validation; ${four(heldOut!.objective!)} on bars that no trial saw`,
  )
  expect(text.stdout).toContain(
    `model.C = ${best!.params['model.C']}, label.horizon = ${best!.params['label.horizon']}: write it into the model’s definition and run klinelab train m.ts --model up`,
  )
  expect(readFileSync(report, 'utf8')).toContain('On bars that no trial saw')
})

test.each<readonly [args: readonly string[], says: RegExp]>([
  [['m.ts', '--model', 'up', '--no-costs'], /^--no-costs is of strategies: a model that is searched trades nothing/],
  [['m.ts', '--model', 'up', '--holdout', '1'], /--holdout.*"1" is not allowed; write a number \(above 0, below 1\)/],
  [['two.ts'], /^module two\.ts has several models, (down, up|up, down): add --model/],
])('sweep %j is refused', async (args, says) => {
  const done = await sweep(...args, ...RANGE, '--set', 'model.C=0.01,1')
  expect(done).toMatchObject({ code: 2, stdout: '' })
  expect(done.stderr).toMatch(says)
})

test('walk-forward has no flags of models', async () => {
  const done = await klinelabHere([
    'walk-forward',
    'm.ts',
    '--holdout',
    '0.2',
    '--train',
    '10d',
    '--test',
    '5d',
    '--set',
    'x=1',
  ])
  expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown flag --holdout') })
})
