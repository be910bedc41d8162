/** The check of permitted command lines, for documents and again immediately before a command runs. */

/** True if a command line is listed word for word among the permitted ones. */
export function isAllowed(words: readonly string[], allowed: readonly (readonly string[])[]): boolean {
  return allowed.some((each) => each.length === words.length && each.every((word, i) => word === words[i]));
}
