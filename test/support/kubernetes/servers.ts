/** Both API servers for the same tests: the emulated one, and the real one where its programs are in the cache. */

import type { EmulatorOptions } from '../../../plugins/fabric/sandbox/emulator.ts';
import { startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { storageOf, DEFINITIONS } from '../../../plugins/fabric/sandbox/kinds.ts';
import { textAt, type Tree, valueAt } from '../../../plugins/fabric/sandbox/value.ts';
import { type ApiServer, openApi } from './api.ts';
import { cachedPrograms } from './programs.ts';
import { ROLES, startApiServer } from './server.ts';

const programs = cachedPrograms();

/** Reports whether the real server can be started; prints one line if not. */
export function hasRealServer(): boolean {
  if (programs === undefined)
    process.stderr.write('kube-apiserver is not in the cache; its tests are skipped. Run npm run test:kubernetes\n');
  return programs !== undefined;
}

/** The emulated server with the users of the real one. */
export async function emulatedServer(options: EmulatorOptions = {}): Promise<ApiServer> {
  const users = Object.fromEntries(
    Object.entries(ROLES).map(([name, rules]) => [
      `token-${name}`,
      { name, rules: rules.map(({ verbs }) => ({ verbs, groups: ['*'], resources: ['*'] })) },
    ]),
  );
  const emulator = await startEmulator({ users, ...options });
  const tokens = {
    admin: emulator.adminToken,
    ...Object.fromEntries(Object.keys(ROLES).map((name) => [name, `token-${name}`])),
  };
  return {
    url: emulator.url,
    ca: emulator.authority.certificate,
    tokens,
    kubeconfig: (user) => emulator.kubeconfig(tokens[user as keyof typeof tokens]),
    compact: async () => emulator.store.compact(),
    stop: emulator.stop,
  };
}

/** The real server. */
export async function realServer(): Promise<ApiServer> {
  if (programs === undefined) throw new Error('kube-apiserver is not in the cache');
  return startApiServer(programs);
}

/** Path of the program kubectl; only with the real server. */
export function kubectlProgram(): string {
  return programs?.kubectl ?? '';
}

/** Creates custom resource definitions, and waits until each version is served. */
export async function install(server: ApiServer, definitions: readonly Tree[]): Promise<void> {
  const api = openApi(server);
  try {
    for (const object of definitions) {
      const path = `/apis/apiextensions.k8s.io/v1/${DEFINITIONS.resource}`;
      const { code, text } = await api.send(path, { method: 'POST', body: object });
      if (code !== 201) throw new Error(`${storageOf(DEFINITIONS)}: ${text}`);
    }
    for (const object of definitions) {
      const spec = (name: string): string => textAt(object, 'spec', ...name.split('.'));
      const version = textAt((valueAt(object, 'spec', 'versions') as readonly Tree[])[0], 'name');
      const path = `/apis/${spec('group')}/${version}/${spec('names.plural')}`;
      const deadline = Date.now() + 30_000;
      while ((await api.send(path)).code !== 200) if (Date.now() > deadline) throw new Error(`${path} is not served`);
    }
  } finally {
    api.close();
  }
}
