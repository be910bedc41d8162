/** The fabric plugin: objects of Kubernetes API servers, as their manifests declare them. */

import { definePlugin } from '#plugin';
import { check } from './check.ts';
import { fabricKind } from './fabric/kind.ts';
import { tables } from './generated.ts';
import { OBJECT_KINDS } from './kinds.ts';
import { claim } from './objects/claim.ts';
import { objectKind } from './objects/kind.ts';
import { settingMistakes } from './repository/check.ts';
import { repositoryKind } from './repository/kind.ts';
import { summary } from './summary.ts';
import type { FabricReader, FabricWriter } from './world.ts';

/** Loads the code that refreshes and writes on first use: a plan without a Fabric must start at once. */
export const fabric = definePlugin<FabricReader, FabricWriter>({
  name: 'fabric',
  tables,
  validators: async () => (await import('./generated.validators.js')).validators,
  check,
  checkSettings: settingMistakes,
  claim,
  summary,
  metrics: async () => (await import('./metrics.ts')).metrics,
  alerts: async () => (await import('./alerts/raised.ts')).fabricAlerts,
  kinds: {
    Fabric: fabricKind,
    GitRepository: repositoryKind,
    ...Object.fromEntries(OBJECT_KINDS.map((kind) => [kind, objectKind(kind)])),
  },
  commands: async () => (await import('./commands/index.ts')).commands,
  endpoints: async () => (await import('./alerts/endpoints.ts')).endpoints,
  watchers: async (scope) => (await import('./watch/watchers.ts')).watchersOf(scope),
  openReader: async (outside) => (await import('./live/clusters.ts')).openClusters(outside),
  openWriter: async (outside) => (await import('./live/clusters.ts')).openClusters(outside),
  observe: async (world, query) => (await import('./observe.ts')).observe(world, query),
  inEffect: async (world, ended) => (await import('./agents/in-effect.ts')).inEffect(world, ended),
  discover: async (world, discovery) => (await import('./discover.ts')).discover(world, discovery),
});
