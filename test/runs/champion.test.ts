import fs, { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { artifactFiles, damageOf, readArtifact } from '../../src/models/artifact.ts'
import { championFolder, championOf, decide, readChampionship, reignFolder, rollBack } from '../../src/runs/champion.ts'
import { loadModel, type NamedModel } from '../../src/runs/load-strategy.ts'
import { VERSION } from '../../src/runs/package-info.ts'
import type { RetrainDecision } from '../../src/runs/retrain-decision.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { modelModule } from '../cli/model-modules.ts'

const CWD = scratch({ 'm.ts': modelModule(), 'package.json': '{ "type": "module" }' })
const MODULE = join(CWD, 'm.ts')
let model: NamedModel
let dirs: string[]

beforeAll(async () => {
  dirs = []
  for (const to of ['2024-02-10', '2024-02-20']) {
    const args = ['train', MODULE, '--from', '2024-01-01', '--to', to, '--out', join(CWD, 'out'), '--json']
    const done = await klinelabHere(args)
    dirs.push(join(done.json<{ models: { dir: string }[] }>().models[0]!.dir, 'artifact'))
  }
  model = await loadModel(MODULE, undefined)
}, 60_000)

const artifact = (k: number) => readArtifact(dirs[k]!, VERSION, model.definition)
const shaOf = (k: number) => artifactFiles(artifact(k)).sha256
const decision = (at: number): RetrainDecision => ({
  ...{ at, model: 'up', outcome: 'swapped', why: '', trigger: { kind: 'asked' }, contest: null },
  ...{ champion: '', before: null },
})

const CALLS = ['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'mkdirSync'] as const

/** Runs work whose files are cut off at a call, as by a kill: half of a write is done, and nothing after it. @returns whether it came so far */
function isKilledAt(call: number, work: () => unknown): boolean {
  const real = Object.fromEntries(CALLS.map((name) => [name, fs[name]]))
  let [count, isDead] = [0, false]
  for (const name of CALLS)
    (fs as Record<string, unknown>)[name] = (...args: unknown[]) => {
      const isNow = count++ === call
      if (isNow && name === 'writeSync') {
        const bytes = args[1] as Uint8Array
        fs.writevSync(args[0] as number, [bytes.subarray(0, bytes.length / 2)])
      }
      isDead ||= isNow
      if (isDead) throw new Error('killed')
      return (real[name] as (...args: unknown[]) => unknown)(...args)
    }
  syncBuiltinESMExports()
  try {
    work()
  } catch (error) {
    if (!isDead) throw error
  } finally {
    Object.assign(fs, real)
    syncBuiltinESMExports()
  }
  return isDead
}

describe('a championship', () => {
  test('has one whole champion, wherever a swap is killed', () => {
    const begun = championFolder(scratch(), model)
    decide(begun, model, decision(1), [{ artifact: artifact(0), how: 'first' }])
    let [calls, won] = [0, 0]
    for (let isOver = false; !isOver; calls++) {
      const dir = join(scratch(), 'c')
      cpSync(begun, dir, { recursive: true })
      const swap = () => decide(dir, model, decision(2), [{ artifact: artifact(1), how: 'won' }])
      isOver = !isKilledAt(calls, swap)
      const { reigns, decisions } = readChampionship(dir)!
      expect(decisions.map(({ at }) => at)).toEqual(reigns.length === 1 ? [1] : [1, 2])
      const reigning = championOf(dir, model.definition)!
      expect(artifactFiles(reigning).sha256).toBe(shaOf(reigns.length - 1))
      if (reigns.length === 2) won++
      // whoever comes next gets through
      else expect(swap().reigns).toHaveLength(2)
      expect(damageOf(reignFolder(dir, shaOf(1)))).toBeNull()
    }
    // four files of a model and one beside them, each opened, written, flushed and moved
    expect(calls).toBeGreaterThan(20)
    expect(won).toBeGreaterThan(1)
    expect(won).toBeLessThan(calls / 2)
  })

  test('takes what a killed process left away, and a model that is not whole is written anew', () => {
    const dir = championFolder(scratch(), model)
    const folder = reignFolder(dir, shaOf(0))
    mkdirSync(`${folder}.tmp`, { recursive: true })
    writeFileSync(join(`${folder}.tmp`, 'half.json'), '{')
    mkdirSync(folder)
    writeFileSync(join(folder, 'artifact.json'), '{ "format"')
    decide(dir, model, decision(1), [{ artifact: artifact(0), how: 'first' }])
    expect(damageOf(folder)).toBeNull()
    expect(readdirSync(join(dir, 'models'))).toEqual([shaOf(0).slice(0, 16)])
  })

  test('gives the crown back one reign after the other, and keeps all that was decided', () => {
    const dir = championFolder(scratch(), model)
    const back = () =>
      rollBack(dir, model, (champion, before) => ({ ...decision(9), outcome: 'rolled-back', champion, before }))
    expect(back).toThrow('it has no champion yet')
    for (const [at, k] of [0, 1, 0].entries()) decide(dir, model, decision(at), [{ artifact: artifact(k), how: 'won' }])
    expect(back().reigns.map((one) => one.artifact)).toEqual([shaOf(0), shaOf(1)])
    const { reigns, decisions } = back()
    expect(reigns.map((one) => one.artifact)).toEqual([shaOf(0)])
    expect(decisions.map(({ outcome, champion }) => [outcome, champion])).toEqual([
      ...Array.from({ length: 3 }, () => ['swapped', '']),
      ['rolled-back', shaOf(1)],
      ['rolled-back', shaOf(0)],
    ])
    expect(back).toThrow('its champion is the first one')
  })

  test('is not rolled back to a model that was damaged', () => {
    const dir = championFolder(scratch(), model)
    for (const k of [0, 1]) decide(dir, model, decision(k), [{ artifact: artifact(k), how: 'won' }])
    rmSync(join(reignFolder(dir, shaOf(0)), 'series-1-fold-1.json'))
    expect(() => rollBack(dir, model, () => decision(3))).toThrow('series-1-fold-1.json: is missing')
    expect(readChampionship(dir)!.reigns.at(-1)!.artifact).toBe(shaOf(1))
  })

  test('whose file is none is refused with what to do', () => {
    const dir = championFolder(scratch(), model)
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'champion.json'), '{ "version": 1, "reigns": [] }')
    expect(() => readChampionship(dir)).toThrow('is not what klinelab retrain writes; move the folder away')
  })
})
