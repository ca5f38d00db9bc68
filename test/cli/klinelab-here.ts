import { command } from '../data/command.ts'
import { type Finished, ROOT } from './klinelab.ts'

let last: Promise<unknown> = Promise.resolve()

/**
 * `klinelab` inside this process, which costs no start; one after another, as the working folder is the process's. A module
 * that was loaded once stays as it was: where one changes between two commands, and where the process itself is looked
 * at, the command line has to run in a process of its own.
 */
export function klinelabHere(
  args: readonly string[],
  { cwd = ROOT, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Finished> {
  const turn = last.then(async () => {
    const before = process.cwd()
    process.chdir(cwd)
    try {
      const done = await command(args, null, { cwd, env })
      return { ...done, json: () => JSON.parse(done.stdout) }
    } finally {
      process.chdir(before)
    }
  })
  last = turn.catch(() => {})
  return turn
}
