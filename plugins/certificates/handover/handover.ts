/** The handover of certificates by other ACME clients: Issuers for their accounts, and settings for their pairs. */

import { type Desired, type Found, type Json, type PassedOver, printable, toDocument } from '#plugin';
import { directoryName } from '../acme/directories.ts';
import { solverFor } from '../acme/solvers/choose.ts';
import { isAllowed } from '../allowed-command.ts';
import type { CertificatesConfig, IssuerSpec } from '../generated.ts';
import { mainPath, placesOf } from '../paths.ts';
import { PLUGIN } from '../remembered.ts';
import type { FoundPair } from '../world.ts';
import { type ClientAccount, type ClientCertificate, type ClientFolder, type ClientName, splitPath } from './forms.ts';
import { firstBy, freeNames, pairKey } from './look-up.ts';
import { looksSecret, shownCommand, shownReason } from './shown.ts';
import { SolverList } from './solvers.ts';

/** Values of a document from the settings of another client. */
export interface HandedOver {
  readonly client: ClientName;
  /** Name of the Issuer. */
  readonly issuer: string;
  readonly deploy?: readonly string[];
  readonly reload?: readonly string[];
  /** Reasons why the renewal stays with the client. Each is a sentence. */
  readonly obstacles: readonly string[];
}

export interface Handover {
  /** The handover of a pair whose document is written; undefined if no other client has it. */
  readonly take: (pair: FoundPair) => HandedOver | undefined;
  /** The reason why no document is written for a pair: its client installs it elsewhere. Undefined for every other pair. */
  readonly elsewhere: (pair: FoundPair) => string | undefined;
  /** Issuers for the accounts of the pairs so far. */
  readonly issuers: () => readonly Found[];
  /** Accounts of no pair so far. */
  readonly passed: () => readonly PassedOver[];
  /** Command lines of the pairs so far that `fettle.yaml` does not list yet. */
  readonly unlisted: () => readonly (readonly string[])[];
  /** True if a path is the key of an account. */
  readonly isAccountKey: (path: string) => boolean;
}

/** Name of the Issuer of an account, if it is free: of a well-known directory, or of its host. */
function issuerName(directory: string): string {
  const short = directoryName(directory);
  return short === directory ? new URL(directory).hostname.replaceAll(/[^A-Za-z0-9.-]/gu, '') || 'acme' : short;
}

/** The Issuer of an account: declared, or new with its solvers. */
interface Account {
  readonly account: ClientAccount;
  readonly name: string;
  readonly declared: IssuerSpec['acme'];
  readonly solvers: SolverList;
  readonly profile: string | undefined;
  readonly preferredChain: string | undefined;
}

function profileOf({ profile }: ClientCertificate): string | undefined {
  return profile !== undefined && /^[A-Za-z0-9_.-]{1,64}$/u.test(profile) ? profile : undefined;
}

function chainOf({ preferredChain: chain }: ClientCertificate): string | undefined {
  return chain !== undefined && chain !== '' && chain.length <= 255 && printable(chain) === chain ? chain : undefined;
}

/** Names that no solver proves, by the reason. */
function unproven(
  { account: { client }, declared, solvers }: Account,
  { methods, usual }: ClientCertificate,
  { leaf }: FoundPair,
): readonly string[] {
  const why = [...leaf.dnsNames, ...leaf.ipAddresses].flatMap((name) => {
    if (declared === undefined) return solvers.add(name, methods.get(name) ?? usual) ?? [];
    const wildcard = name.startsWith('*.');
    const kind = leaf.ipAddresses.includes(name) ? ('ip' as const) : ('dns' as const);
    const solver = solverFor(declared.solvers, { name: wildcard ? name.slice(2) : name, wildcard, kind });
    return solver === undefined ? [`No solver of the declared Issuer proves ${name}, which ${client} proves`] : [];
  });
  return [...new Set(why)];
}

/** The words of a command line that needs no shell. */
function wordsOf(command: string): readonly string[] | undefined {
  const words = command.split(' ').filter((word) => word !== '');
  // A shell takes `NAME=value` in front of a program as its environment.
  const isPlain = /^[\w@%+=:,./ -]+$/u.test(command) && words[0]?.includes('=') !== true;
  return isPlain ? words : undefined;
}

interface Commands extends Pick<HandedOver, 'deploy' | 'reload' | 'obstacles'> {
  /** Command lines that `fettle.yaml` does not list. */
  readonly unlisted: readonly (readonly string[])[];
}

const NO_WORDS =
  'Put the command into a script, list the script in `plugins.certificates.commands` of fettle.yaml, and set `reload`';

function remedyFor(words: readonly string[]): string {
  return `Add ${JSON.stringify(words)} to \`plugins.certificates.commands\` of fettle.yaml, remove the written documents, and run the import again`;
}

/** The commands after a renewal, if fettle may run them. */
function commandsOf(
  { client, hook, deploy }: ClientCertificate,
  { commands = [] }: Partial<CertificatesConfig>,
): Commands {
  const words = hook === undefined ? undefined : wordsOf(hook.command);
  const hasSecret = words !== undefined && looksSecret(words);
  const reload = hasSecret ? undefined : words;
  const isPlain = deploy?.every((word) => wordsOf(word)?.length === 1) ?? true;
  const unlisted = [reload, isPlain ? deploy : undefined].filter(
    (words) => words !== undefined && !isAllowed(words, commands),
  );
  const isKnown = (words: readonly string[] | undefined): words is readonly string[] =>
    words !== undefined && !unlisted.includes(words);
  const says = (shown: string, words: readonly string[] | undefined): readonly string[] =>
    isKnown(words)
      ? []
      : [
          `${client} runs a command after a renewal: ${shown}.${hasSecret ? ' A word of it looks like a secret.' : ''} ${words === undefined ? NO_WORDS : remedyFor(words)}`,
        ];
  return {
    ...(isPlain && isKnown(deploy) ? { deploy } : {}),
    ...(isKnown(reload) ? { reload } : {}),
    unlisted: unlisted.filter((words) => words !== undefined),
    obstacles: [
      ...(hook === undefined ? [] : says(shownCommand(hook), reload)),
      ...(deploy === undefined ? [] : says(deploy[0] ?? '', isPlain ? deploy : undefined)),
    ],
  };
}

export interface HandoverOptions {
  readonly clients: ClientFolder;
  readonly desired: readonly Desired[];
  readonly settings: Partial<CertificatesConfig>;
  /** The document that will declare the Issuers. */
  readonly document: string;
}

export function openHandover({ clients, desired, settings, document }: HandoverOptions): Handover {
  const issuers = desired.filter(({ ref }) => ref.kind === 'Issuer');
  const taken = new Set(issuers.map(({ ref }) => ref.name));
  const nameOf = freeNames(taken);
  const accounts = firstBy(clients.accounts, ({ key }) => key);
  const declaredBy = firstBy(issuers, ({ spec }) => (spec as IssuerSpec).acme?.accountKey);
  const byStem = firstBy(clients.certificates, ({ folder, stem }) => pairKey(folder, stem));
  const installers = firstBy(
    clients.certificates.flatMap((certificate) => (certificate.installed ?? []).map((path) => ({ path, certificate }))),
    ({ path }) => path,
  );
  const used = new Map<string, Account>();
  const unlisted = new Map<string, readonly string[]>();

  const accountOf = (certificate: ClientCertificate): Account | undefined => {
    const known = used.get(certificate.account);
    if (known !== undefined) return known;
    const account = accounts.get(certificate.account);
    if (account === undefined || printable(account.key) !== account.key) return undefined;
    const declared = declaredBy.get(account.key);
    const name = declared?.ref.name ?? nameOf(issuerName(account.directory));
    taken.add(name);
    const made: Account = {
      account,
      name,
      declared: (declared?.spec as IssuerSpec | undefined)?.acme,
      solvers: new SolverList(settings),
      profile: profileOf(certificate),
      preferredChain: chainOf(certificate),
    };
    used.set(account.key, made);
    return made;
  };

  /** The certificate of a client whose folder has the pair. */
  const sourceOf = (pair: FoundPair): ClientCertificate | undefined => {
    const { folder, name } = splitPath(mainPath(pair.storage));
    return byStem.get(pairKey(folder, undefined)) ?? byStem.get(pairKey(folder, name.replace(/\.[^.]*$/u, '')));
  };
  /** The certificate of a client that installs the pair. */
  const installerOf = (pair: FoundPair): ClientCertificate | undefined => {
    for (const { path } of placesOf(pair.storage)) {
      const found = installers.get(path);
      if (found !== undefined) return found.certificate;
    }
    return undefined;
  };

  return {
    elsewhere: (pair) => {
      const { client, installed: [at] = [] } = sourceOf(pair) ?? {};
      if (client === undefined || at === undefined || installerOf(pair) !== undefined) return undefined;
      return `is installed by ${client} as ${at}, which the service reads. Search the folder of that file too`;
    },
    take: (pair) => {
      const certificate = installerOf(pair) ?? sourceOf(pair);
      const issuer = certificate === undefined ? undefined : accountOf(certificate);
      if (certificate === undefined || issuer === undefined) return undefined;
      const { client } = certificate;
      const { profile, preferredChain } = issuer.declared ?? issuer;
      const { obstacles, unlisted: more, ...commands } = commandsOf(certificate, settings);
      for (const words of more) unlisted.set(JSON.stringify(words), words);
      return {
        client,
        issuer: issuer.name,
        ...commands,
        obstacles: [
          ...unproven(issuer, certificate, pair),
          ...obstacles,
          ...certificate.obstacles,
          ...(profile === profileOf(certificate)
            ? []
            : [`${client} uses the profile ${certificate.profile ?? 'of the authority'}, and the Issuer another one`]),
          ...(preferredChain === chainOf(certificate)
            ? []
            : [
                `${client} prefers the chain ${certificate.preferredChain ?? 'of the authority'}, and the Issuer another one`,
              ]),
        ].map(shownReason),
      };
    },
    issuers: () =>
      [...used.values()]
        .filter(({ declared }) => declared === undefined)
        .map(({ account, name, solvers, profile, preferredChain }): Found => {
          const { client, key, directory, contact, notes } = account;
          const acme: { readonly [key: string]: Json } = {
            directory: directoryName(directory),
            accountKey: toDocument(document, key),
            ...(contact.length === 0 ? {} : { contact: [...contact] }),
            ...(profile === undefined ? {} : { profile }),
            ...(preferredChain === undefined ? {} : { preferredChain }),
            solvers: [...solvers.entries()],
          };
          return {
            ref: { plugin: PLUGIN, kind: 'Issuer', name },
            spec: { acme },
            notes: [
              `the account of ${client}: the first apply finds the account by its key, and orders nothing`,
              ...notes,
            ],
          };
        }),
    passed: () =>
      clients.accounts
        .filter(({ key }) => !used.has(key))
        .map(({ client, key, directory }) => ({
          what: key,
          why: `is the key of an account of ${client} at ${directory}, and no certificate that is imported uses the account`,
        })),
    unlisted: () => [...unlisted.values()],
    isAccountKey: (path) => accounts.has(path),
  };
}
