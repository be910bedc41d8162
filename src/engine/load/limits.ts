/**
 * Limits of one file of documents.
 *
 * The limits on size, depth, anchors and blank lines are what a parser survives; the limits on parts bound time and
 * memory. A part is a lexeme of the YAML lexer (a blank, a newline, a `:`, a scalar), or one more line of a scalar. An
 * ordinary line, `key: value`, has eight; a resource has 80 to 300. A part costs about 1 µs and 150 bytes while its
 * document is at hand, so a document's limit bounds memory and a file's limit bounds time.
 */
export const limits = {
  fileBytes: 8 * 1024 * 1024,
  /** Collections inside collections. */
  depth: 64,
  anchors: 100,
  aliases: 100,
  /** Blank lines in a row. */
  blankLines: 1_000,
  documents: 50_000,
  /** Characters of a scalar, a key, a tag or a comment. */
  partLength: 1024 * 1024,
  documentParts: 400_000,
  fileParts: 4_000_000,
  /** The part of a file that is still read after the first mistake. */
  partsAfterMistake: 800_000,
  /** Values that the aliases of a file may expand to. */
  aliasValues: 100_000,
  /** Mistakes of one file, or one document, that are collected; then the rest of it is not read. */
  mistakes: 500,
  /** Errors of the YAML parser in one file: the errors after these are noise. */
  syntaxErrors: 100,
} as const;
