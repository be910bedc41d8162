/** A simulated kernel with links: dumps that read link by link, and events that arrive late, or not at all. */

import type { LinkSeen } from '../../plugins/portsync/linux/link.ts';
import type { MonitorEvent } from '../../plugins/portsync/linux/monitor.ts';
import type { LinkDump } from '../../plugins/portsync/linux/read-links.ts';
import type { LinkSource } from '../../plugins/portsync/linux/watch-links.ts';

/** Waits until all that is ready has run. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A link of a simulated kernel. */
export function simulatedLink(index: number, more: Partial<LinkSeen> = {}): LinkSeen {
  const name = `Ethernet${index}`;
  const states = { admin: 'up', oper: 'up', operState: 'UP' } as const;
  return { index, name, altnames: [], mtu: 9100, ...states, group: 'default', ...more };
}

export class SimulatedLinks {
  readonly links = new Map<number, LinkSeen>();
  /** Number of dumps that ended. */
  dumps = 0;
  /** Failures of the next dumps. */
  failures = 0;
  #listener: ((event: MonitorEvent) => void) | undefined;
  #queue: MonitorEvent[] = [];
  #isInterrupted = false;
  #isOverrun = false;

  /** Sets a link, or changes some of its fields. */
  set(index: number, more: Partial<LinkSeen> = {}): void {
    const before = this.links.get(index);
    if (before === undefined) this.#isInterrupted = true;
    const link = { ...(before ?? simulatedLink(index)), ...more };
    this.links.set(index, link);
    const { name, mtu, admin, oper, operState, master, group } = link;
    const line = { index, label: name, mtu, admin, oper, operState, group };
    this.#say({ what: 'seen', line: master === undefined ? line : { ...line, master: master.name } });
  }

  delete(index: number): void {
    if (!this.links.delete(index)) return;
    this.#isInterrupted = true;
    this.#say({ what: 'removed', index });
  }

  /** Events that were not delivered are lost; the listener hears so with the next delivery. */
  overrun(): void {
    if (this.#queue.length === 0) return;
    this.#queue = [];
    this.#isOverrun = true;
  }

  /** The monitor ends, with all events that were not delivered. */
  end(): void {
    this.#queue = [];
    this.#isOverrun = false;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.({ what: 'ended', why: 'it was ended' });
  }

  /** Delivers waiting events. */
  deliver(most = Number.POSITIVE_INFINITY): void {
    if (this.#isOverrun) {
      this.#isOverrun = false;
      this.#listener?.({ what: 'lost', why: 'too many events' });
    }
    for (const event of this.#queue.splice(0, most)) this.#listener?.(event);
  }

  get source(): LinkSource {
    return {
      dump: () => this.#dump(),
      monitor: async (onEvent) => {
        await turn();
        this.#listener = onEvent;
        return { stop: () => (this.#listener = undefined) };
      },
    };
  }

  #say(event: MonitorEvent): void {
    if (this.#listener !== undefined) this.#queue.push(event);
  }

  /** Like the kernel's: each link as it is when the dump comes to it. */
  async #dump(): Promise<LinkDump> {
    this.#isInterrupted = false;
    const links: LinkSeen[] = [];
    for (const index of [...this.links.keys()].toSorted((a, b) => a - b)) {
      await turn();
      const link = this.links.get(index);
      if (link !== undefined) links.push(link);
    }
    await turn();
    if (this.failures > 0) {
      this.failures -= 1;
      throw Object.assign(new Error('the dump failed'), { errno: -1, syscall: 'spawn' });
    }
    this.dumps += 1;
    return { links, isConsistent: !this.#isInterrupted };
  }
}
