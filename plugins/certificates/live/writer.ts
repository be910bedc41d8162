/** Write access to the infrastructure: the reader, the files of certificates, and the services that use them. */

import { resolve } from 'node:path';
import type { Outside } from '#plugin';
import { commandEnvironment } from '#plugin/command-environment';
import type { CertificatesConfig } from '../generated.ts';
import { isAllowed } from '../allowed-command.ts';
import { placesOf } from '../paths.ts';
import type { CertificatesWriter, DeployOrder, Judged, Service } from '../world.ts';
import { openClients } from './acme-clients.ts';
import { openAcmeWriter } from './acme-writer.ts';
import { createAuthority, deleteAuthority, tidyAuthority } from './authority.ts';
import { issue } from './issue.ts';
import { openAccounts, openReader, storageIn } from './reader.ts';
import { commandText, runCommand } from './run-command.ts';
import { openServices } from './services.ts';
import { signalProcess } from './signal-process.ts';
import { deleteStored, settleStored, tidyStored } from './stored.ts';

/** Environment variables of a command: the name of the resource, and the path of each of its files. */
function deployEnv({ name, storage }: Pick<DeployOrder, 'name' | 'storage'>): Readonly<Record<string, string>> {
  const { directory } = storage;
  return {
    FETTLE_NAME: name,
    ...Object.fromEntries(placesOf(storage).map(({ part, path }) => [`FETTLE_${part.toUpperCase()}`, path])),
    ...(directory === undefined ? {} : { FETTLE_DIRECTORY: directory.path }),
  };
}

export function openWriter(outside: Outside): CertificatesWriter {
  const { folder, env } = outside;
  // A name that is not valid is found before the first step.
  const usual = commandEnvironment(env);
  const { commands = [], pidFiles = [] } = outside.config as unknown as Partial<CertificatesConfig>;
  const accounts = openAccounts();
  const clientOf = openClients(outside);
  const judgedIn = (found: Judged | undefined): Judged | undefined =>
    found === undefined ? undefined : { ...found, keep: found.keep.map((path) => resolve(folder, path)) };
  const mayRun = (words: readonly string[]): void => {
    if (!isAllowed(words, commands))
      throw new Error(`${commandText(words)} is not one of the commands that fettle.yaml lists for this plugin`);
  };
  const reload = async ({ command, signal, timeoutSeconds }: Service, abort: AbortSignal): Promise<void> => {
    if (command !== undefined) {
      mayRun(command);
      await runCommand({
        words: command,
        folder,
        env: usual,
        timeoutMs: timeoutSeconds * 1000,
        signal: abort,
      });
    } else if (signal !== undefined) {
      const pidFile = resolve(folder, signal.pidFile);
      if (!pidFiles.some((each) => resolve(folder, each) === pidFile))
        throw new Error(`${signal.pidFile} is not one of the files that fettle.yaml lists for this plugin`);
      await signalProcess({ ...signal, pidFile });
    }
  };
  const services = openServices(reload, () => performance.now());
  return {
    ...openReader(outside),
    ...openAcmeWriter({ outside, clientOf, accounts }),
    createAuthority: (dir, commonName, now, untouched) =>
      createAuthority(resolve(folder, dir), commonName, now, untouched),
    deleteAuthority: (dir, expected) => deleteAuthority(resolve(folder, dir), expected),
    tidyAuthority: (dir, untouched) => tidyAuthority(resolve(folder, dir), untouched),
    issue: async (order) => {
      const ended = services.begin(order.service);
      try {
        const authority =
          order.authority === undefined
            ? {}
            : { authority: { ...order.authority, dir: resolve(folder, order.authority.dir) } };
        const found = judgedIn(order.found);
        return await issue(
          {
            ...order,
            ...authority,
            ...(found === undefined ? {} : { found }),
            storage: storageIn(folder, order.storage),
          },
          await accounts(),
        );
      } finally {
        ended();
      }
    },
    settleSwap: (storage) => settleStored(storageIn(folder, storage)),
    tidyPair: async (storage, untouched = false, found) =>
      tidyStored(storageIn(folder, storage), untouched, await accounts(), judgedIn(found)),
    deletePair: (storage, untouched = false, found) =>
      deleteStored(storageIn(folder, storage), untouched, judgedIn(found)),
    deploy: async ({ deploy, storage, name, service, signal, stillApproved }) => {
      mayRun(deploy.command);
      const ended = services.begin(service);
      try {
        await stillApproved();
        await runCommand({
          words: deploy.command,
          folder,
          env: { ...usual, ...deployEnv({ name, storage: storageIn(folder, storage) }) },
          timeoutMs: deploy.timeoutSeconds * 1000,
          signal,
        });
      } finally {
        ended();
      }
    },
    reload: services.reload,
  };
}
