/** `fettle validate`: schema, references and cycles of the documents; no network, no store. */

import { compareText } from '../engine/ref.ts';
import type { Shell } from '../shell.ts';
import type { Flags } from './flags.ts';
import { openProject } from './session.ts';

export async function validate(paths: readonly string[], flags: Flags, shell: Shell): Promise<number> {
  const { documents } = await openProject(flags, shell, paths);
  const kinds = new Map<string, number>();
  for (const { ref } of documents)
    kinds.set(`${ref.plugin}/${ref.kind}`, (kinds.get(`${ref.plugin}/${ref.kind}`) ?? 0) + 1);
  if (flags.format === 'json') {
    shell.stdout.write(
      `${JSON.stringify({ valid: true, documents: documents.length, kinds: Object.fromEntries(kinds) })}\n`,
    );
    return 0;
  }
  const parts = [...kinds].sort(([a], [b]) => compareText(a, b)).map(([kind, count]) => `${count} ${kind}`);
  shell.stdout.write(`${documents.length} documents are valid${parts.length === 0 ? '' : `: ${parts.join(', ')}`}\n`);
  return 0;
}
