import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { command } from '../data/command.ts'
import { type Finished, klinelab, ROOT, scratch } from './klinelab.ts'

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
 * half-written.
 */
export async function expectRefusal(bad: Bad, how: 'here' | 'process'): Promise<void> {
  const { asked, expectSaid } = askBadly(bad)
  expectSaid(
    how === 'here' ? await command(asked.args, asked.env['KLINELAB_STORE']!, asked) : klinelab(asked.args, asked),
  )
}

/** What is asked, in a folder of its own, and what has to come of it. */
export function askBadly({ files = {}, args, code, says }: Bad) {
  const cwd = scratch(files)
  const [store, out] = [join(cwd, 'store'), join(cwd, 'out')]
  mkdirSync(store)
  mkdirSync(out)
  const before = readdirSync(cwd).sort()
  const full = (text: string) =>
    text.replace('HERE', cwd).replace('STRATEGIES', join(ROOT, 'strategies')).replace('OUT', out)
  const env: Record<string, string> = { KLINELAB_STORE: store, KLINELAB_REPORTS: out }
  const expectSaid = (done: Omit<Finished, 'json'>) => {
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
  return { asked: { args: args.map(full), cwd, env }, expectSaid }
}
