/** Writes src/report/run.schema.json: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runJsonSchema } from '../../src/report/run-schema.ts'

const file = join(import.meta.dirname, '../../src/report/run.schema.json')
writeFileSync(file, `${JSON.stringify(runJsonSchema(), null, 2)}\n`)
