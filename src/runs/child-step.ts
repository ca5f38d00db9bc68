import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { StepHost, StepResult } from './sync-steps.ts'

interface ChildAsked {
  /** What it is called where it is told of. */
  readonly name: string
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What tells it to end, and the exit code by which it says that it did so. */
  readonly stopBy: NodeJS.Signals
}

/** So many of its last lines are kept, for the error if there is one. */
const KEPT_LINES = 5
/** And so much of each. */
const KEPT_CHARACTERS = 300

/** A program of its own, without a shell: what becomes of it does not become of us, and it loads the newest of its files. */
export function runChild({ name, argv, cwd, env, stopBy }: ChildAsked, { signal, log }: StepHost): Promise<StepResult> {
  const [file, ...args] = argv as [string, ...string[]]
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const lines: string[] = []
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (line.trim() === '') return
        log(line)
        lines.push(line.slice(0, KEPT_CHARACTERS))
        if (lines.length > KEPT_LINES) lines.shift()
      })
    const onAbort = () => child.kill(stopBy)
    signal.addEventListener('abort', onAbort)
    child.once('error', (error) => {
      signal.removeEventListener('abort', onAbort)
      reject(new Error(`${file}: cannot be run: ${error.message}`))
    })
    child.once('close', (code, by) => {
      signal.removeEventListener('abort', onAbort)
      const took = `${((performance.now() - start) / 1000).toFixed(1)} s`
      if (code === 0) resolve({ text: `${name}: done in ${took}` })
      else if (signal.aborted) resolve({ text: `${name}: stopped after ${took}`, isStopped: true })
      else reject(new Error([`${name}: ended with ${by ?? `code ${code}`}`, ...lines].join('\n  ')))
    })
  })
}
