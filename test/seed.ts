import fc from 'fast-check'

/**
 * The gate tries the same cases every time: a failure there is the change's. `npm run soak` draws new ones; what it
 * finds is kept as an example in its test.
 */
const { KLINELAB_SEED: asked } = process.env
fc.configureGlobal({ seed: asked === 'random' ? Date.now() : Number(asked ?? 20_250_101) })
