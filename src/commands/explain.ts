/** `fettle explain ADDRESS`: everything that is known about one resource, and what would let its next step through. */

import { explain as explainResource } from '../engine/explain.ts';
import { explanationDocument } from '../formats/explanation.ts';
import { dependents } from '../engine/judge.ts';
import type { LogRecord } from '../formats/log-record.ts';
import { formatRef, printable } from '#plugin';
import { explainMarkdown } from '../report/explain-markdown.ts';
import { explainText } from '../report/explain-text.ts';
import type { Shell } from '../shell.ts';
import type { Store } from '../store/store.ts';
import { type Flags, wantsColor } from './flags.ts';
import { looking } from './looking.ts';
import { aboutAddress } from './records.ts';
import { addressOf, didYouMean } from './selectors.ts';

export interface ExplainFlags extends Flags {
  readonly last?: number;
}

/** The last records about one resource, oldest first. */
async function lastRecords(store: Store, address: string, last: number): Promise<readonly LogRecord[]> {
  let records: LogRecord[] = [];
  await store.read((record) => {
    const about = aboutAddress(record, address);
    if (about === undefined) return;
    records.push(about);
    if (records.length > 2 * last + 100) records = records.slice(-last);
  }, 'all');
  return last === 0 ? [] : records.slice(-last);
}

export async function explain(address: string, flags: ExplainFlags, shell: Shell): Promise<number> {
  const ref = addressOf(address);
  return looking(flags, shell, async ({ project, reconciled, store }) => {
    const known = formatRef(ref);
    const neededBy =
      dependents({ resources: reconciled.resources, unloaded: reconciled.scene.unloaded }).get(known) ?? [];
    const explained = explainResource(
      reconciled,
      ref,
      neededBy,
      store === undefined ? [] : await lastRecords(store, known, flags.last ?? 10),
    );
    if (explained === undefined) {
      const near = didYouMean(address, reconciled.resources.keys());
      shell.stderr.write(
        `${printable(known)} is not declared, was not found, and is not in the state${printable(near)}\n`,
      );
      return 'error';
    }
    const explanation = explanationDocument(explained);
    if (flags.format === 'json') shell.stdout.write(`${JSON.stringify(explanation)}\n`);
    else if (flags.format === 'markdown') shell.stdout.write(explainMarkdown(explanation, project.config.name));
    else
      shell.stdout.write(
        explainText(explanation, { color: wantsColor(flags, shell), now: shell.now(), detail: flags.detail ?? false }),
      );
    return explanation.gap === undefined ? 'ok' : 'partly-read';
  });
}
