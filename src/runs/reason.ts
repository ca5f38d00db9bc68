/** Whoever reads later why something was let through learns nothing from fewer. */
const LEAST_CHARACTERS = 10

/**
 * A reason that is kept beside what a person let through, without the blanks around it.
 * @param example a flag with a reason, as it is typed @param of what stands before the message, where its reader does not know yet
 * @throws RangeError for one that says nothing
 */
export function reasonOf(text: string, example: string, of = ''): string {
  const reason = text.trim()
  if ([...reason].length >= LEAST_CHARACTERS) return reason
  throw new RangeError(
    `${of}"${reason}" says nothing to whoever reads it later: write in ${LEAST_CHARACTERS} characters or more why, such as ${example}`,
  )
}
