import type { Reporter, TestModule } from 'vitest/node'

/** The last line of a test run: what the runner itself counted. A file that did not load is a failure too. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let skipped = 0
    let failed = errors.length
    for (const module of modules) {
      if (module.errors().length > 0) failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'failed') failed++
        else skipped++
      }
    }
    // after the default reporter's own last words
    process.once('exit', () => {
      if (skipped > 0)
        console.log(`${skipped} skipped: they need recorded data or programs that are not on this machine`)
      console.log(`${passed} passed, ${failed} failed`)
    })
  }
}
