/** The code of an error of Node.js or of the system. Pure. */

/** `ECONNREFUSED` and the like; undefined where there is none. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
