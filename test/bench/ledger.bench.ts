import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appendTrials, readLedger } from '../../src/search/ledger.ts'
import { judgeTrial } from '../../src/search/ledger-verdict.ts'
import { madeReturns, madeTrial } from '../search/made-trials.ts'
import { type Bench, interleaved } from './bench.ts'

const TRIALS = 100_000

/** As many different trials, each with returns of its own over the same year. */
const bench: Bench = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'klinelab-ledger-'))
  try {
    const file = join(dir, 'ledger.jsonl')
    const entries = Array.from({ length: TRIALS }, (_, k) => madeTrial(k, { returns: madeReturns(k) }))
    const [append] = interleaved(
      [
        () => {
          rmSync(file, { force: true })
          const start = performance.now()
          appendTrials(file, entries)
          return performance.now() - start
        },
      ],
      5,
      1,
    )
    const [verdict, reading] = interleaved([() => judgeTrial(readLedger(file), 'best'), () => readLedger(file)], 5, 1)
    const found = judgeTrial(readLedger(file), 'best')
    if (found.trials !== TRIALS || found.compared !== TRIALS)
      throw new Error(`${found.trials} trials counted and ${found.compared} compared of ${TRIALS}`)
    const perLine = Math.round(statSync(file).size / TRIALS)
    const shared = { better: 'lower', aim: null } as const
    return [
      {
        name: '100,000 trials in the ledger: append',
        value: (1000 * append!.median) / TRIALS,
        unit: ' µs',
        must: 50,
        ...shared,
        detail: `median a trial, with one fsync at the end; ${perLine} bytes a line; fastest ${((1000 * append!.fastest) / TRIALS).toFixed(1)} µs`,
      },
      {
        name: '100,000 trials in the ledger: verdict',
        value: verdict!.median / 1000,
        unit: ' s',
        must: 1,
        ...shared,
        detail: `median, of the best of them, ${found.compared} compared day by day; reading alone ${(reading!.median / 1000).toFixed(3)} s; fastest ${(verdict!.fastest / 1000).toFixed(3)} s`,
      },
    ]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export default bench
