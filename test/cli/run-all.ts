import { text } from 'node:stream/consumers'
import { command } from '../data/command.ts'
import type { Asked } from './klinelab.ts'

// what `klinelabAll` starts: as Node loads klinelab and the user's modules, and not as the runner of the tests does
const told = []
for (const { args, cwd, env } of JSON.parse(await text(process.stdin)) as Asked[]) {
  process.chdir(cwd)
  told.push(await command(args, null, { cwd, env }))
}
process.stdout.write(JSON.stringify(told))
