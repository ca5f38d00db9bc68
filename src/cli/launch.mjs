// What npm scripts call: installs what is missing, then runs a script of the checkout with a Node that is new enough.
// Plain JavaScript, because the machine's own Node may be too old for TypeScript.
//   node src/cli/launch.mjs SCRIPT [arguments]
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Runs `npm ci` where node_modules does not hold what package-lock.json names. */
export function ensureInstalled() {
  if (isInstalled()) return
  console.error('Installing dependencies from the npm registry (once) …')
  // inside an npm script npm says how it was started; outside it is on the PATH
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  const [file, ...args] = [...npm, 'ci', '--include=dev', '--no-audit', '--no-fund']
  const done = spawnSync(file, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: npm.length === 1 && process.platform === 'win32',
  })
  if (done.status !== 0) {
    console.error('npm could not install the dependencies; is the npm registry within reach? Try it by hand: npm ci')
    process.exit(1)
  }
}

function isInstalled() {
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  try {
    const wanted = read('package-lock.json')
    const there = read(join('node_modules', '.package-lock.json'))
    return Object.entries(wanted).every(
      ([name, { version, optional }]) => name === '' || optional || there[name]?.version === version,
    )
  } catch {
    return false
  }
}

/** This Node if it is new enough, else the one that npm brought. */
function currentNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  const brought = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(brought)) return brought
  console.error(
    `Node ${process.versions.node} is too old, and npm was not allowed to bring a current one (the install script of its package "node"). Allow it (npm config get ignore-scripts) and run npm ci, or install Node 22.18 or newer.`,
  )
  process.exit(1)
}

/** Runs a script in a child and ends as it ends. */
export function runWithCurrentNode(args) {
  const node = currentNode()
  const path = [dirname(node), process.env.PATH].join(process.platform === 'win32' ? ';' : ':')
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: path } })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  ensureInstalled()
  const [script, ...rest] = process.argv.slice(2)
  // `npm start` alone is the demo
  runWithCurrentNode([join(root, script), ...(script.endsWith('klinelab.mjs') && rest.length === 0 ? ['demo'] : rest)])
}
