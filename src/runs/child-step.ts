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
  /** ms that it has to end, before it is made to; a minute where absent. */
  readonly grace?: number
}

const GRACE = 60_000
/** A timer holds no more than 2^31 − 1 ms. */
const LONGEST = 2_000_000_000

/** So many of its last lines are kept, for the error if there is one. */
const KEPT_LINES = 5
/** And so much of each. */
const KEPT_CHARACTERS = 300

/**
 * A program of its own, without a shell: what becomes of it does not become of us, and it loads the newest of its files. One that
 * takes longer than it may, or does not heed that it is to end, is made to.
 */
export function runChild(asked: ChildAsked, { signal, log, timeout }: StepHost): Promise<StepResult> {
  const { name, argv, cwd, env, stopBy, grace = GRACE } = asked
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
    let isLate = false
    let force: NodeJS.Timeout | undefined
    const end = () => {
      child.kill(stopBy)
      force ??= setTimeout(() => {
        child.kill('SIGKILL')
        // what it has started itself may hold them open
        child.stdout.destroy()
        child.stderr.destroy()
      }, grace)
    }
    const limit = setTimeout(
      () => {
        isLate = true
        end()
      },
      Math.min(timeout, LONGEST),
    )
    signal.addEventListener('abort', end)
    const isOver = () => {
      signal.removeEventListener('abort', end)
      clearTimeout(limit)
      clearTimeout(force)
    }
    child.once('error', (error) => {
      isOver()
      reject(new Error(`${file}: cannot be run: ${error.message}`))
    })
    child.once('close', (code, by) => {
      isOver()
      const took = `${((performance.now() - start) / 1000).toFixed(1)} s`
      if (isLate)
        reject(new Error(`${name}: ended after ${took}, longer than it may take; "timeout" of its job says how long`))
      else if (code === 0) resolve({ text: `${name}: done in ${took}` })
      else if (signal.aborted) resolve({ text: `${name}: stopped after ${took}`, isStopped: true })
      else reject(new Error([`${name}: ended with ${by ?? `code ${code}`}`, ...lines].join('\n  ')))
    })
  })
}
