import { runCli } from '../../src/cli/run-cli.ts'

/** Runs one command line inside this process, which costs no start; paths in it must be absolute. */
export async function command(
  args: readonly string[],
  store: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  const host = {
    cwd: () => store,
    env: { KLINELAB_STORE: store },
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  }
  const code = await runCli(args, host as unknown as NodeJS.Process)
  return { code, stdout, stderr }
}
