/** `fettle validate`: schema, references and cycles of the documents; no network, no store. */

import { expand } from '../engine/expand.ts';
import { compareText, formatRef } from '#plugin';
import { emptyRecall } from '../engine/remember.ts';
import type { Shell } from '../shell.ts';
import type { Flags } from './flags.ts';
import { tellIdle } from './selectors.ts';
import { openProject, pluginsFor, type Project, settingsFor } from './session.ts';

/** Held against documents alone: what is only remembered is not known here. */
async function tellIdleInDocuments({ config, loaders, documents }: Project, shell: Shell): Promise<void> {
  const { safety, suppress } = config;
  if (safety.budgets.length + safety.overrides.length + suppress.length === 0) return;
  const recall = emptyRecall();
  const plugins = await pluginsFor(loaders, documents, recall);
  const resources = expand(documents, plugins, recall, await settingsFor(plugins, config));
  tellIdle(
    config,
    resources.map(({ ref, meta }) => ({ ref, labels: [meta.labels] })),
    { addresses: resources.map(({ ref }) => formatRef(ref)), removed: [], gaps: [] },
    shell,
  );
}

export async function validate(paths: readonly string[], flags: Flags, shell: Shell): Promise<number> {
  const project = await openProject(flags, shell, { paths });
  const { documents } = project;
  if (paths.length === 0) await tellIdleInDocuments(project, shell);
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
