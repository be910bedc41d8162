/** Every endpoint of a project: those of the core, and those of its plugins with the plugin. */

import { type Endpoint, endpoint, form, type Json, type Plugin } from '#plugin';
import { eventsOf } from '../intake.ts';
import { openapi } from '../openapi.ts';
import { auditEndpoints } from './audit-endpoints.ts';
import { coreEndpoints } from './core-endpoints.ts';
import type { Recorded } from './recorded.ts';
import { planForm, roundsForm } from './daemon-forms.ts';

export type Loaders = ReadonlyMap<string, () => Promise<Plugin>>;

export async function pluginEndpoints(plugins: Loaders): Promise<readonly (readonly [string, Endpoint])[]> {
  const found: (readonly [string, Endpoint])[] = [];
  for (const [name, load] of plugins)
    for (const each of (await (await load()).endpoints?.()) ?? []) found.push([name, each]);
  return found;
}

/** The description of the API of a project. */
export async function description(plugins: Loaders, project: string): Promise<ReturnType<typeof openapi>> {
  const { schemas } = await import('../../engine/generated.schemas.js');
  const own = (await pluginEndpoints(plugins)).map(([, each]) => each);
  const events = [...(await eventsOf(plugins))].map(([plugin, { paths, bodyLimit, form: requests }]) => {
    const schema = schemas[`${plugin}/${requests.input}`];
    if (schema === undefined) throw new Error(`${plugin} has no input ${requests.input}`);
    // The dialect is that of the document. The keywords of the schema mean the same in both.
    const { $schema: _, ...body } = schema as Readonly<Record<string, Json>>;
    return { paths, bodyLimit, form: requests, body };
  });
  return openapi({ project, endpoints: [...ownEndpoints, planForm, roundsForm, ...own], events });
}

const describe = endpoint({
  method: 'GET',
  path: '/v1/openapi.json',
  role: 'read',
  summary: 'Describe the API as an OpenAPI document.',
  statuses: {
    200: {
      summary: 'The description.',
      body: form.atLeast({ openapi: form.text, info: form.open, paths: form.open, components: form.open }),
    },
  },
  answer: async (_, { workspace: { host, config } }: Recorded) => ({
    status: 200,
    body: await description(host.plugins, config.name),
  }),
});

/** The endpoints of the core. */
export const ownEndpoints: readonly Endpoint<Recorded>[] = [...coreEndpoints, ...auditEndpoints, describe];
