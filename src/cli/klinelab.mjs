#!/usr/bin/env node
// The command, for every Node: plain JavaScript that finds a Node new enough, then the sources (a checkout) or the
// compiled files (the package).
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, 'main.ts')
const isCheckout = existsSync(source)
const [major, minor] = process.versions.node.split('.').map(Number)
const isNewEnough = major > 22 || (major === 22 && minor >= 18)

// before anything that it could keep is loaded: it saves a start a quarter of a second
module.enableCompileCache?.()
if (isCheckout) {
  const { ensureInstalled, runWithCurrentNode } = await import('./launch.mjs')
  ensureInstalled()
  if (isNewEnough) await import(pathToFileURL(source).href)
  else runWithCurrentNode([source, ...process.argv.slice(2)])
} else if (isNewEnough) await import(pathToFileURL(join(here, '..', '..', 'dist', 'cli', 'main.js')).href)
else {
  console.error(
    `klinelab needs Node 22.18 or newer; this is ${process.versions.node}. Install a current one from nodejs.org or with your version manager.`,
  )
  process.exitCode = 2
}
