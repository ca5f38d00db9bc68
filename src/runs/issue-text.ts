import type { core } from 'zod'
import { didYouMean } from '../core/suggest.ts'

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text in quotes',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** What to write instead of a value of the config; what a check of ours says stays as it is. */
export function issueText(issue: core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected in KINDS ? `write ${KINDS[issue.expected]}` : issue.message
    case 'invalid_value':
      return `known: ${issue.values.join(', ')}${didYouMean(String(value), issue.values.map(String))}`
    case 'too_small':
      if (issue.origin === 'string') return 'it is empty'
      if (issue.origin === 'array') return 'write at least one'
      return issue.inclusive ? `write ${issue.minimum} or more` : `write more than ${issue.minimum}`
    case 'too_big':
      return issue.inclusive ? `write ${issue.maximum} or less` : `write less than ${issue.maximum}`
    case 'invalid_union': {
      const [inner] = issue.errors.flat().filter(({ path }) => path.length > 0)
      return issueText(inner ?? issue.errors[0]![0]!, value)
    }
    default:
      return issue.message
  }
}
