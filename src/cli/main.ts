import { watchStrays } from '../runs/stray.ts'
import { complain, runCli } from './run-cli.ts'

process.on('SIGINT', () => process.exit(130))
// a reader that has seen enough (`| head`) is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
const argv = process.argv.slice(2)
let isAnswered = false
// what a strategy left behind may fail at any time; what is being written is discarded as the process ends
watchStrays(process, (error) => {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
  process.exit(complain(error, process, argv.includes('--json') && !isAnswered))
})
process.exitCode = await runCli(argv, process)
isAnswered = true
