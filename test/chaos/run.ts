import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chaosRound, type RoundResult } from './chaos-round.ts'
import { QUICK, SLOW } from './fault-menu.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    round: { type: 'string' },
    bars: { type: 'string', default: '40' },
    verbose: { type: 'boolean', default: false },
  },
})
const [minutes, seed, bars] = [Number(values.minutes), Number(values.seed), Number(values.bars)]
if (![minutes, seed, bars].every((one) => Number.isFinite(one) && one > 0)) {
  console.error('npm run chaos -- --minutes N --seed N [--round N] [--bars N] [--verbose]')
  process.exit(2)
}
const home = mkdtempSync(join(tmpdir(), 'klinelab-chaos-'))
const begun = performance.now()
const results: RoundResult[] = []
const last = () => performance.now() - begun > minutes * 60_000 || (values.round !== undefined && results.length > 0)
for (let round = Number(values.round ?? 1); !last(); round++) {
  const folder = join(home, `round-${round}`)
  const result = await chaosRound({
    ...{ seed, round, folder, bars, beat: 140, patience: 75_000, kinds: [...QUICK, ...SLOW] },
    ...(values.verbose && { onEvent: (text: string) => console.error(`  ${text}`) }),
  })
  results.push(result)
  const { counts, violations, naked } = result
  console.log(
    `round ${round}: ${counts.bars} bars, ${counts.orders} orders, ${counts.fills} fills, ${counts.kills} kills, ${counts.stops} stops, ${counts.torn} torn, ${counts.cuts} cuts, ${counts.halts} halts, ${counts.gaveUp} refused starts; longest without a stop ${naked} ms; violations ${violations.length}`,
  )
  for (const one of violations) console.log(`  seed ${seed}, round ${round}: ${one}\n  kept: ${folder}`)
  if (violations.length === 0 && !values.verbose) rmSync(folder, { recursive: true, force: true })
}
const sum = (of: (one: RoundResult) => number) => results.reduce((all, one) => all + of(one), 0)
const faults: Record<string, number> = {}
for (const result of results)
  for (const [kind, count] of Object.entries(result.faults)) faults[kind] = (faults[kind] ?? 0) + count
const totals = Object.keys(results[0]?.counts ?? {}).map(
  (name) => `${name} ${sum(({ counts }) => counts[name as keyof typeof counts])}`,
)
const violations = sum((one) => one.violations.length)
console.log(`\nmachine: ${cpus().length} × ${cpus()[0]?.model}, node ${process.version}, ${process.platform}`)
console.log(
  `seed ${seed}, ${((performance.now() - begun) / 60_000).toFixed(1)} minutes, rounds ${results.length}, ${totals.join(', ')}`,
)
console.log(`faults that happened: ${Object.values(faults).reduce((all, one) => all + one, 0)}`)
console.log(
  Object.entries(faults)
    .sort()
    .map(([kind, count]) => `  ${kind} ${count}`)
    .join('\n'),
)
console.log(`longest without a stop: ${Math.max(0, ...results.map(({ naked }) => naked))} ms; violations ${violations}`)
if (violations === 0 && !values.verbose) rmSync(home, { recursive: true, force: true })
process.exitCode = violations === 0 ? 0 : 1
