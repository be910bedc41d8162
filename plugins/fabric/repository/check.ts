/** Checks of GitRepositories and of their logins that a schema cannot express. Pure. */

import { defined, escapePointer, isRecord, type Json, type Mistake, nearest } from '#plugin';
import type { FabricConfig, GitRepositorySpec } from '../generated.ts';
import { branchMistake, isAddressMistake, repositoryAddress } from './address.ts';

export type GitLogin = FabricConfig['git']['credentials'][string];

/** The logins of `fettle.yaml`, by name. */
export function loginsIn(settings: Json): ReadonlyMap<string, GitLogin> {
  const git = isRecord(settings) ? settings['git'] : undefined;
  const credentials = isRecord(git) ? git['credentials'] : undefined;
  // The schema of the settings has validated each of them.
  return new Map(isRecord(credentials) ? (Object.entries(credentials) as [string, GitLogin][]) : []);
}

function wrong(pointer: string, message: string, suggestion?: string): Mistake {
  return defined({ code: 'wrong-value', pointer, message, suggestion });
}

function loginMistakes({ url, credentials }: GitRepositorySpec, settings: Json): readonly Mistake[] {
  const address = repositoryAddress(url);
  if (isAddressMistake(address)) return [];
  const pointer = '/spec/credentials';
  if (credentials === undefined)
    return address.scheme === 'https'
      ? []
      : [
          {
            code: 'missing-key',
            pointer: '/spec',
            message: 'the login of the repository is missing: ssh requires a private key',
            suggestion: 'add `credentials`, the name of a login with `auth: SSH_KEY`',
          },
        ];
  const logins = loginsIn(settings);
  const login = logins.get(credentials);
  if (login === undefined)
    return [
      wrong(
        pointer,
        `fettle.yaml does not have the login ${credentials} under plugins.fabric.git.credentials`,
        nearest(credentials, logins.keys()),
      ),
    ];
  const isSsh = address.scheme === 'ssh';
  if (isSsh === (login.auth === 'SSH_KEY')) return [];
  return [
    wrong(
      pointer,
      `the login ${credentials} has the kind ${login.auth}, which is not for an address with ${address.scheme}`,
      isSsh ? 'use a login with `auth: SSH_KEY`' : 'use a login with `auth: TOKEN`, `BASIC` or `OAUTH`',
    ),
  ];
}

export function repositoryMistakes(spec: GitRepositorySpec, settings: Json): readonly Mistake[] {
  const address = repositoryAddress(spec.url);
  const branch = branchMistake(spec.branch);
  const isSsh = !isAddressMistake(address) && address.scheme === 'ssh';
  return [
    ...(isAddressMistake(address) ? [wrong('/spec/url', `the address of the repository ${address.mistake}`)] : []),
    ...(branch === undefined ? [] : [wrong('/spec/branch', `the name of the branch ${branch}`)]),
    ...(isSsh && spec.ca !== undefined
      ? [wrong('/spec/ca', 'an address with ssh does not have a certificate', 'remove `ca`')]
      : []),
    ...loginMistakes(spec, settings),
  ];
}

/** Mistakes in the logins of `fettle.yaml`. */
export function settingMistakes(settings: Json): readonly Omit<Mistake, 'code' | 'severity'>[] {
  return [...loginsIn(settings)].flatMap(([name, { auth, username }]) => {
    const pointer = `/git/credentials/${escapePointer(name)}`;
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/u.test(name))
      return [
        {
          pointer,
          message: 'the name of a login has at most 63 letters, digits and ._-, and begins with a letter or a digit',
        },
      ];
    if (auth === 'BASIC' && username === undefined)
      return [
        { pointer, message: `the login ${name} of the kind BASIC does not have a user`, suggestion: 'add `username`' },
      ];
    if (auth === 'SSH_KEY' && username !== undefined)
      return [
        {
          pointer: `${pointer}/username`,
          message: `the user of the login ${name} is part of the address of its repositories`,
          suggestion: 'remove `username`',
        },
      ];
    return [];
  });
}
