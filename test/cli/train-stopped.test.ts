import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import type { EvaluationDocument } from '../../src/core/evaluation.ts'
import { ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'
import { modelModule } from './model-modules.ts'

/** Slow enough to be stopped in the middle. */
const SLOW = modelModule({
  model: 'lstm({ units: 8, window: 12, epochs: 40, patience: 40 })',
  split: 'walkForward({ folds: 2 })',
})

const STORE = scratch()
beforeAll(async () => {
  const csv = join(STORE, 'some.csv')
  const range = ['--from', '2024-01-01', '--to', '2024-04-01']
  await klinelabHere(['data', 'export', 'binance:ETHUSDT:1h', ...range, '--out', csv])
  const kept = ['data', 'import', csv, '--as', 'binance:ETHUSDT:1h', '--store', STORE]
  expect(await klinelabHere(kept)).toMatchObject({ code: 0 })
})

function project(module = SLOW) {
  const cwd = scratch({ 'm.ts': module, 'package.json': '{ "type": "module" }' })
  const out = join(cwd, 'out')
  const env = { KLINELAB_REPORTS: out, KLINELAB_STORE: STORE }
  return {
    out,
    run: (...args: string[]) => klinelabHere(args, { cwd, env }),
    /** In a process of its own, which can be stopped. */
    start: (...args: string[]) =>
      spawn(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), ...args], {
        cwd,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  }
}

/** Until a training has come to the second fold, whose first epoch is told. */
async function inTheMiddle(out: string): Promise<void> {
  for (;;) {
    const folder = existsSync(out) ? readdirSync(out).find((name) => name.startsWith('.training-')) : undefined
    if (folder !== undefined && readdirSync(join(out, folder)).includes('series-0-fold-1-lstm.checkpoint.json')) return
    await setTimeout(5)
  }
}

async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly stdout: string }> {
  let stdout = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, stdout }
}

type Printed = EvaluationDocument & { readonly dir: string }

const trained = async (one: ReturnType<typeof project>) =>
  (await one.run('train', 'm.ts', '--json')).json<{ models: Printed[] }>().models[0]!

/** Of the same module, trained without a stop. */
let whole: Printed
beforeAll(async () => {
  whole = await trained(project())
})

test('what is killed in the middle goes on where it was, to the same bytes', async () => {
  const killed = project()
  const child = killed.start('train', 'm.ts')
  const end = ended(child)
  await inTheMiddle(killed.out)
  child.kill('SIGKILL')
  await end
  expect(readdirSync(killed.out).filter((name) => !name.startsWith('.'))).toEqual([])
  const goneOn = await trained(killed)
  for (const name of ['artifact/artifact.json', 'artifact/series-1-fold-2.json', 'predictions.csv', 'report.html'])
    expect(readFileSync(join(goneOn.dir, name)).equals(readFileSync(join(whole.dir, name))), name).toBe(true)
  expect(readdirSync(killed.out).sort()).toEqual(['ledger.jsonl', goneOn.run].sort())
})

test('Ctrl-C stops after the epoch at hand and keeps the best so far, which no backtest takes for the model', async () => {
  const own = project()
  const child = own.start('train', 'm.ts', '--json')
  const end = ended(child)
  await inTheMiddle(own.out)
  child.kill('SIGINT')
  const { code, stdout } = await end
  expect(code).toBe(130)
  const [stopped] = (JSON.parse(stdout) as { models: Printed[] }).models
  expect(stopped!.stopped).toMatchObject({ series: 'binance:ETHUSDT:1h', fold: 2 })
  const { step } = stopped!.stopped!
  expect(step).toBeGreaterThanOrEqual(1)
  expect(step).toBeLessThan(40)
  expect(stopped!.series[0]!.folds.map(({ losses }) => losses[0]!.steps.length)).toEqual([40, step])
  expect(stopped!.remarks[0]).toContain('was stopped in fold 2')
  expect(readFileSync(join(stopped!.dir, 'report.html'), 'utf8')).toMatch(/class="alarm"[^>]*>.{0,80}stopped/s)
  const run = await own.run('backtest', 'm.ts', '--json')
  expect(run.stderr).toContain('trained first')
  expect(run.json<{ models: { used: { artifact: string }[] } }>().models.used[0]!.artifact).toBe(
    whole.reproduce.artifact,
  )
})

test('Ctrl-C is heard by boosted trees, too, and a backtest that was to train first ends with 130', async () => {
  const own = project(
    modelModule({ model: 'gbdt({ trees: 100000, patience: 100000, minRows: 2 })', split: 'walkForward({ folds: 1 })' }),
  )
  const child = own.start('backtest', 'm.ts')
  const end = ended(child)
  let told = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  while (!told.includes('trained first')) await setTimeout(5)
  await setTimeout(700)
  child.kill('SIGINT')
  expect((await end).code).toBe(130)
  expect(told).toContain('its training was stopped in fold 1')
})
