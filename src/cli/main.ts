import { enableCompileCache } from 'node:module'

// the cache has to be on before anything else is loaded
enableCompileCache()
process.on('SIGINT', () => process.exit(130))
// a reader that has seen enough (`| head`) is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
const { runCli } = await import('./run-cli.ts')
process.exitCode = await runCli(process.argv.slice(2), process)
