/** One fenced block of a Markdown text. */
export interface Fenced {
  readonly language: string
  readonly text: string
  /** Line of the text on which its fence stands, from 1. */
  readonly line: number
}

export function fencedBlocks(markdown: string): Fenced[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    text: match[2]!,
    line: markdown.slice(0, match.index).split('\n').length,
  }))
}
