/**
 * The records of one project for other regions, with sequence numbers, in the process that reads.
 *
 * A record gets the next number whenever its value changes, and only its newest value is kept: the feed is as large as the
 * state. Numbers belong to an epoch, which begins with the process. A region with another epoch, or with a number that does not
 * exist, gets every record again, and records nothing that it has. So a log that was restored, pruned or replaced needs no
 * further care.
 */

import { compareText, type RegionRecord } from '#plugin';
import { PAGE_BYTES, PAGE_RECORDS, type PullPage } from './page.ts';

interface Numbered {
  readonly seq: number;
  readonly to: string | undefined;
  readonly json: string;
}

export class Feed {
  readonly #epoch: string;
  /** In the order of the sequence numbers. */
  readonly #records = new Map<string, Numbered>();
  #seq = 0;

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /** Takes the records of the present state. */
  update(records: readonly (RegionRecord & { readonly plugin: string })[]): void {
    const gone = new Set(this.#records.keys());
    for (const { plugin, key, to, value } of records.toSorted((a, b) => compareText(a.key, b.key))) {
      const name = `${plugin} ${key}`;
      const json = JSON.stringify({ plugin, value });
      const before = this.#records.get(name);
      gone.delete(name);
      if (before !== undefined && before.to === to && before.json === json) continue;
      this.#records.delete(name);
      this.#seq += 1;
      this.#records.set(name, { seq: this.#seq, to, json });
    }
    for (const name of gone) this.#records.delete(name);
  }

  /** The page for `region` after a sequence number, as JSON. */
  page(
    own: string,
    region: string,
    from: { readonly epoch: string; readonly seq: number },
    ages: PullPage['ages'],
  ): string {
    const since = from.epoch === this.#epoch && from.seq <= this.#seq ? from.seq : 0;
    const records: string[] = [];
    let [bytes, seq, more] = [0, this.#seq, false];
    let last = since;
    for (const each of this.#records.values()) {
      if (each.seq <= since || (each.to !== undefined && each.to !== region)) continue;
      const size = Buffer.byteLength(each.json);
      if (records.length >= PAGE_RECORDS || (records.length > 0 && bytes + size > PAGE_BYTES)) {
        [seq, more] = [last, true];
        break;
      }
      records.push(each.json);
      bytes += size;
      last = each.seq;
    }
    const head = JSON.stringify({ region: own, epoch: this.#epoch, seq, more, ages });
    return `${head.slice(0, -1)},"records":[${records.join(',')}]}`;
  }
}
