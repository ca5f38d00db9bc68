import { runCli } from '../../src/cli/run-cli.ts'

/**
 * Runs one command line inside this process, which costs no start; paths of files in it must be absolute. Without a
 * store it is the one of the options' environment, or the one built in.
 */
export async function command(
  args: readonly string[],
  store: string | null,
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  const { XDG_STATE_HOME } = process.env
  const host = {
    cwd: () => options.cwd ?? store ?? process.cwd(),
    env: {
      ...(XDG_STATE_HOME && { XDG_STATE_HOME }),
      ...(store !== null && { KLINELAB_STORE: store }),
      ...options.env,
    },
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  }
  const code = await runCli(args, host as unknown as NodeJS.Process)
  return { code, stdout, stderr }
}
