type Ending = () => unknown

const endings: Ending[] = []

/**
 * Keeps what is to be done when the tests of the file have ended. A module that many files share is loaded once, so a hook of its
 * own would be heard by the first of them only.
 */
export function whenFileEnds(ending: Ending): void {
  endings.push(ending)
}

/** The last that was asked for is done first. */
export async function endFile(): Promise<void> {
  for (const ending of endings.splice(0).reverse()) await ending()
}
