import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { command } from '../data/command.ts'
import { klinelab, ROOT, scratch } from './klinelab.ts'

/** One bad input and what the tool has to say to it. */
export interface Bad {
  readonly name: string
  /** Written into a fresh folder, which HERE in the arguments stands for. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly args: readonly string[]
  readonly code: 1 | 2
  /** Everything the one paragraph has to name: the place, the value, and what to do. */
  readonly says: readonly (string | RegExp)[]
}

/**
 * Holds one bad input to the rule: the exit code, one paragraph that says all it has to, nothing else, and nothing
 * half-written. A strategy is loaded in a process of its own, as a user's is; the rest needs none.
 */
export async function expectRefusal({ files = {}, args, code, says }: Bad, how: 'here' | 'process'): Promise<void> {
  const cwd = scratch(files)
  const [store, out] = [join(cwd, 'store'), join(cwd, 'out')]
  mkdirSync(store)
  mkdirSync(out)
  const before = readdirSync(cwd).sort()
  const full = (text: string) =>
    text.replace('HERE', cwd).replace('STRATEGIES', join(ROOT, 'strategies')).replace('OUT', out)
  const options = { cwd, env: { KLINELAB_STORE: store, KLINELAB_REPORTS: out } }
  const words = args.map(full)
  const done = how === 'here' ? await command(words, store, options) : klinelab(words, options)
  expect({ code: done.code, stderr: done.stderr }).toEqual({ code, stderr: expect.stringMatching(/./) })
  for (const one of says)
    typeof one === 'string' ? expect(done.stderr).toContain(full(one)) : expect(done.stderr).toMatch(one)
  expect(done.stdout).toBe('')
  expect(done.stderr, 'a stack is no explanation').not.toMatch(/\n\s+at /)
  expect(done.stderr.trimEnd(), 'one paragraph').not.toMatch(/\n/)
  expect(readdirSync(store)).toEqual([])
  expect(readdirSync(out)).toEqual([])
  expect(readdirSync(cwd).sort()).toEqual(before)
}
