/** Which command lines may be run: asked of documents, and again right before one is run. */

/** Whether a command line stands word for word among those that may be run. */
export function isAllowed(words: readonly string[], allowed: readonly (readonly string[])[]): boolean {
  return allowed.some((each) => each.length === words.length && each.every((word, i) => word === words[i]));
}
