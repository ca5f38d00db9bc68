import module from 'node:module'
import { dirname } from 'node:path'
import fc from 'fast-check'

// threads and processes that the tests start compile what they run once, and not each by itself; Deno has none
const { directory } = module.enableCompileCache?.() ?? {}
if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= dirname(directory)

/**
 * The gate tries the same cases every time: a failure there is the change's. `npm run soak` draws new ones; what it
 * finds is kept as an example in its test.
 */
const { KLINELAB_SEED: asked } = process.env
fc.configureGlobal({ seed: asked === 'random' ? Date.now() : Number(asked ?? 20_250_101) })
