/** Writes the schemas of run.json beside their code: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { evaluationJsonSchema } from '../../src/report/evaluation-schema.ts'
import { runJsonSchema } from '../../src/report/run-schema.ts'
import { sweepJsonSchema } from '../../src/report/sweep-schema.ts'
import { walkForwardJsonSchema } from '../../src/report/walk-forward-schema.ts'

const folder = join(import.meta.dirname, '../../src/report')
for (const [name, schema] of [
  ['run', runJsonSchema()],
  ['evaluation', evaluationJsonSchema()],
  ['sweep', sweepJsonSchema()],
  ['walk-forward', walkForwardJsonSchema()],
] as const)
  writeFileSync(join(folder, `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`)
