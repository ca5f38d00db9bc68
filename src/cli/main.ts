import { watchStrays } from '../runs/stray.ts'
import { complain, runCli } from './run-cli.ts'

/** How long what is left running may go on after the command is done. */
const PATIENCE_MS = 3000
const argv = process.argv.slice(2)
/** Whether the command is done, or nobody reads what it says. */
let isAnswered = false

process.on('SIGINT', () => process.exit(130))
// a reader that has seen enough (`| head`) is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') {
    isAnswered = true
    process.exit(0)
  }
  throw error
})
process.on('exit', (code) => {
  if (isAnswered || code !== 0) return
  process.stderr.write(
    'klinelab: the process was ended before the command was done, by a process.exit() of what it loaded (a strategy?): nothing was written\n',
  )
  process.exitCode = 1
})
// what a strategy left behind may fail at any time; what is being written is discarded as the process ends
watchStrays(process, (error) => {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
  process.exit(complain(error, process, argv.includes('--json') && !isAnswered))
})
process.exitCode = await runCli(argv, process)
isAnswered = true
endSoon()

/** What a strategy has left running, an interval for one, would keep a process for ever that has nothing left to do. */
function endSoon(): void {
  const end = () => {
    // a reader may be slow
    if (process.stdout.writableLength > 0) return endSoon()
    process.stderr.write('klinelab: something that was begun and never ended (a timer of a strategy?) is ended now\n')
    process.exit()
  }
  // on its own it keeps nobody
  setTimeout(end, PATIENCE_MS).unref()
}
