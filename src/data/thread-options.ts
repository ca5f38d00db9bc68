import module from 'node:module'
import { dirname } from 'node:path'

/** How threads are started. */
export function threadOptions(): { execArgv: string[]; env: NodeJS.ProcessEnv } {
  const cache = module.getCompileCacheDir?.()
  return {
    // some that a user may give this process, such as --input-type, keep a thread from starting
    execArgv: [],
    // a thread has no compile cache of its own accord, and compiling what it runs takes it as long as a tenth of the work;
    // Deno has none at all
    env: { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: dirname(cache) }) },
  }
}
