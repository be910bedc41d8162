/** The refusal of a handler that found a foreign file where it had to write, and changed nothing. */

/** Returns the message of the refusal. */
export function refusal(path: string, why = 'already exists'): string {
  return `${path} ${why}, and is not overwritten`;
}

export function isRefusal(message: string): boolean {
  return message.includes(', and is not overwritten');
}
