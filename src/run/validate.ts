/** Validation: parts of the configuration that match no document. */

import { expand } from '../engine/expand.ts';
import { notLoaded } from '../engine/load/not-loaded.ts';
import { emptyRecall } from '../engine/remember.ts';
import { formatRef } from '#plugin';
import type { Listener } from './events.ts';
import type { Project } from './project.ts';
import { sayIdle } from './selection.ts';
import { pluginsFor, settingsFor } from './worlds.ts';

/** Reports parts of `fettle.yaml` that match no document. Resources that are only in the state are not known here. */
export async function sayIdleInDocuments(project: Project, say: Listener): Promise<void> {
  const { host, config, documents } = project;
  const { safety, suppress, confirm } = config;
  for (const name of config.unloaded) say({ type: 'config-idle', message: `plugins.${name}: ${notLoaded(name)}` });
  if (safety.budgets.length + safety.overrides.length + suppress.length + confirm.length === 0) return;
  const recall = emptyRecall();
  const plugins = await pluginsFor(project, documents, recall);
  const resources = expand(documents, plugins, recall, await settingsFor(plugins, project));
  sayIdle(
    {
      config,
      resources: resources.map(({ ref, meta }) => ({ ref, labels: [meta.labels] })),
      selectable: {
        addresses: resources.map(({ ref }) => formatRef(ref)),
        removed: [],
        gaps: config.unloaded.map((plugin) => ({ plugin, message: notLoaded(plugin) })),
      },
      now: host.now(),
    },
    say,
  );
}
