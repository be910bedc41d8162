/** The code of a failed system call, apart from the errors of a store: the heartbeat's thread loads nothing else. */

/** The code of a failed system call (`ENOENT`); empty for any other error. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
