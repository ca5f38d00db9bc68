/**
 * Makes reports/sample again, the run that README.md shows: a run of an example strategy on the embedded data, and a
 * picture of its report's first screen. `node src/cli/launch.mjs test/docs/make-sample-report.ts`; it needs Chromium.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { CHROMIUM } from '../report/watched-page.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const SAMPLE = join(ROOT, 'reports', 'sample')
const RUN = ['strategies/momentum-rotation.ts', '--data', 'binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
/** All of a run's folder but timing.json, which no two runs share. */
const FILES = ['report.html', 'run.json', 'trades.csv', 'fills.csv', 'events.jsonl', 'equity.parquet']
const MOST_BYTES = 3e6
const MOST_PICTURE_BYTES = 3e5

if (CHROMIUM === undefined) throw new Error('no Chromium in /usr/bin: the picture of the report cannot be taken')

const out = mkdtempSync(join(tmpdir(), 'klinelab-sample-'))
try {
  const store = join(ROOT, 'datasets')
  const args = [join(ROOT, 'src', 'cli', 'main.ts'), 'backtest', ...RUN, '--store', store, '--out', out, '--json']
  const done = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(done.stderr)
  const { dir } = JSON.parse(done.stdout) as { dir: string }
  rmSync(SAMPLE, { recursive: true, force: true })
  mkdirSync(SAMPLE, { recursive: true })
  for (const name of FILES) copyFileSync(join(dir, name), join(SAMPLE, name))
  await takePicture(join(SAMPLE, 'report.html'), join(SAMPLE, 'report.png'))
} finally {
  rmSync(out, { recursive: true, force: true })
}

const sizes = readdirSync(SAMPLE).map((name) => ({ name, bytes: statSync(join(SAMPLE, name)).size }))
for (const { name, bytes } of sizes) console.log(`${String(bytes).padStart(9)}  reports/sample/${name}`)
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
if (total > MOST_BYTES) throw new Error(`reports/sample has ${total} bytes, more than ${MOST_BYTES}`)

/** The first screen in light, down to the end of the drawdown chart. */
async function takePicture(page: string, file: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] })
  try {
    const tab = await browser.newPage({ viewport: { width: 1400, height: 1700 }, colorScheme: 'light' })
    await tab.goto(pathToFileURL(page).href)
    for (const id of ['chart-equity', 'chart-drawdown']) await tab.waitForSelector(`#${id}[data-drawn=yes]`)
    const chart = (await tab.locator('figure', { has: tab.locator('#chart-drawdown') }).boundingBox())!
    await tab.screenshot({
      path: file,
      clip: { x: 0, y: 0, width: 1400, height: Math.ceil(chart.y + chart.height + 12) },
    })
  } finally {
    await browser.close()
  }
  const { size } = statSync(file)
  if (size > MOST_PICTURE_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MOST_PICTURE_BYTES}`)
}
