/** Writes the schemas of run.json beside their code: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { evaluationJsonSchema } from '../../src/report/evaluation-schema.ts'
import { runJsonSchema } from '../../src/report/run-schema.ts'

const folder = join(import.meta.dirname, '../../src/report')
for (const [name, schema] of [
  ['run', runJsonSchema()],
  ['evaluation', evaluationJsonSchema()],
] as const)
  writeFileSync(join(folder, `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`)
