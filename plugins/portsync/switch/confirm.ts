/** The confirmation of changes of a switch. Pure. */

import { isRecord } from '#plugin';
import type { SwitchResource } from '../facts.ts';
import type { SwitchSpec } from '../generated.ts';

export type Confirm = NonNullable<SwitchSpec['confirm']>;

/** Names in a sentence; the number of the others follows. */
export const MOST_NAMED = 10;

export function namesText(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A held change as the subject of a sentence. Its ports are not known if its record is damaged. */
export function changeText(ports: readonly string[], start: 'the' | 'The' | 'An earlier' = 'the'): string {
  return ports.length === 0 ? `${start} change with a damaged record` : `${start} change of ${namesText(ports)}`;
}

/** The confirmation in force: a document that changes or drops it has no effect before its row is applied. */
export function confirmOf({ desired, memory }: SwitchResource): Confirm | undefined {
  const applied = memory?.safety?.['/confirm'];
  return isRecord(applied) ? (applied as unknown as Confirm) : desired?.spec.confirm;
}
