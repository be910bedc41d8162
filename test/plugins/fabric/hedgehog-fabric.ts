/** A whole Hedgehog fabric on an emulated API server, for tests: its manifests, and the server that has them. */

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import {
  HEDGEHOG_DEFINITIONS,
  HEDGEHOG_KINDS,
  VIRTUAL_PROFILE,
} from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { HEDGEHOG_HOOKS } from '../../../plugins/fabric/sandbox/hedgehog/hooks.ts';
import { textAt, type Tree, treeAt } from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, objectsIn, openApi } from '../../support/kubernetes/api.ts';

/** The 53 manifests of a fabric, in the order in which it accepts them. */
export const MANIFESTS: readonly Tree[] = globSync('manifests/*.yaml', { cwd: import.meta.dirname })
  .toSorted()
  .flatMap((file) => objectsIn(join(import.meta.dirname, file)));

/** The path of an object in the API. */
export function pathOf(object: Tree): string {
  const { group = '', plural = '' } = HEDGEHOG_KINDS.get(textAt(object, 'kind')) ?? {};
  const namespace = textAt(object, 'metadata', 'namespace') || 'default';
  return `/apis/${group}/v1beta1/namespaces/${namespace}/${plural}/${textAt(object, 'metadata', 'name')}`;
}

/** Starts the server with the objects of all manifests. Ends with the test. */
export async function startHedgehogFabric(
  options: EmulatorOptions = {},
): Promise<{ readonly emulator: Emulator; readonly api: Api }> {
  const emulator = await startEmulator({
    definitions: HEDGEHOG_DEFINITIONS,
    hooks: HEDGEHOG_HOOKS,
    objects: [VIRTUAL_PROFILE],
    ...options,
  });
  const { url, adminToken, authority } = emulator;
  const api = openApi({ url, ca: authority.certificate, tokens: { admin: adminToken } });
  onTestFinished(async () => {
    api.close();
    await emulator.stop();
  });
  for (const object of MANIFESTS) expect((await api.apply(pathOf(object), object)).code).toBe(201);
  return { emulator, api };
}

/** Changes the VLAN of a subnet of vpc-2, which concerns two switches. */
export async function changeVpc(api: Api, vlan: number): Promise<void> {
  const object = MANIFESTS.find((one) => textAt(one, 'metadata', 'name') === 'vpc-2') ?? {};
  const subnets = treeAt(object, 'spec', 'subnets');
  const spec = { subnets: { ...subnets, relayed: { ...treeAt(subnets, 'relayed'), vlan } } };
  expect((await api.apply(pathOf(object), { ...object, spec })).code).toBe(200);
}
