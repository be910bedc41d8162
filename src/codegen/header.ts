/** The first line of every generated file. */

/** `source` is the file that was generated from. */
export function headerOf(source: string, command = 'npm run generate'): string {
  return `/** Generated from ${source} by \`${command}\`: do not edit. */`;
}
