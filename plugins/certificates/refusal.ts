/** What a handler says that found somebody else's file where it was to write, and so changed nothing: no step was begun then. */

/** The message of such a refusal. */
export function refusal(path: string, why = 'already exists'): string {
  return `${path} ${why}, and is not overwritten`;
}

export function isRefusal(message: string): boolean {
  return message.includes(', and is not overwritten');
}
