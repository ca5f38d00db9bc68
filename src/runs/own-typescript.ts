import { readFileSync } from 'node:fs'
import module, { type LoadFnOutput } from 'node:module'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HOME } from './package-info.ts'

const STRATEGIES = join(HOME, 'strategies') + sep
const IS_INSTALLED = HOME.split(sep).includes('node_modules')

/**
 * The example strategies of an installed package as JavaScript, read from their TypeScript, no line or column moved. Node strips
 * types everywhere but under node_modules, where these lie then; all that is not ours stays refused there.
 * @param url of a module about to be loaded
 * @returns null where Node shall load it
 */
export function ownTypeScript(url: string): LoadFnOutput | null {
  if (!IS_INSTALLED || !url.startsWith('file:')) return null
  const file = fileURLToPath(url)
  if (!file.startsWith(STRATEGIES) || !file.endsWith('.ts')) return null
  return { format: 'module', source: strip(readFileSync(file, 'utf8')), shortCircuit: true }
}

/** Node warns that this function of its own is experimental, and does not where it strips the types of a checkout. */
function strip(text: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return module.stripTypeScriptTypes(text, { mode: 'strip' })
  } finally {
    process.emitWarning = emitWarning
  }
}
