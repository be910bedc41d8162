/** Instants: inside they are epoch ms; the text of one is made where it leaves the process. */

/** `2026-11-20T14:30:10.000Z`: ISO 8601, UTC. `at`: epoch ms. */
export function instantText(at: number): string {
  return new Date(at).toISOString();
}

/** Whether a number is an instant that has a text: finite, and within what ISO 8601 can say. */
export function isInstant(at: unknown): at is number {
  return typeof at === 'number' && !Number.isNaN(new Date(at).getTime());
}
