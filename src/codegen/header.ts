/** The first line of every generated file. */

/** `source` is the file that was generated from. */
export function headerOf(source: string): string {
  return `/** Generated from ${source} by \`npm run generate\`: do not edit. */`;
}
