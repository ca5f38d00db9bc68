import { ownSecretsHider } from '../runs/secrets.ts'
import { count } from './text.ts'

/** Everything a command knows of the process it runs in; made once, in main. */
export interface Io {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Wall clock, UTC ms. */
  readonly now: number
  readonly isColourful: boolean
  /** Says on a terminal how far a longer work is; says nothing in a pipe. */
  progress(label: string, note?: string): (done: number, total: number) => void
  /** A line on stderr that is no failure. */
  warn(text: string): void
  /** Takes the progress line away. */
  clear(): void
}

/** Ahead of this a progress line would only flicker. */
const PATIENCE_MS = 500
const EVERY_MS = 100

export function createIo(process: NodeJS.Process): Io {
  const { env, stderr, stdout } = process
  const isTalkative = stderr.isTTY === true && !isOn(env['CI'])
  const start = performance.now()
  const hide = ownSecretsHider(env)
  let last = 0
  let isShown = false
  const clear = () => {
    if (isShown) stderr.write('\r\x1b[2K')
    isShown = false
  }
  return {
    cwd: process.cwd(),
    env,
    now: Date.now(),
    isColourful: stdout.isTTY === true && !isOn(env['NO_COLOR']) && !isOn(env['CI']),
    clear,
    warn: (text) => {
      clear()
      stderr.write(hide(`warning: ${text}\n`))
    },
    progress: (label, note) => (done, total) => {
      if (!isTalkative) return
      const now = performance.now()
      if (now - start < PATIENCE_MS || (now - last < EVERY_MS && done < total)) return
      last = now
      isShown = true
      stderr.write(
        `\r\x1b[2K${label} ${total > 0 ? Math.floor((100 * done) / total) : 100} % (${count(done)} of ${count(total)}${note === undefined ? '' : `, ${note}`})`,
      )
    },
  }
}

/** Set and not empty, as no-color.org and CI systems mean it. */
function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0'
}
