/**
 * Git repositories: asks one for a branch by `git ls-remote`.
 *
 * The program `git` connects by itself, so everything that it could read elsewhere is fixed here: it has an environment
 * and a folder of its own, and no configuration, helper, agent or terminal. Its connection goes to an address that was
 * checked before (`http.curloptResolve`, `HostName`), and to no other one: redirects and proxies are off. A secret is in
 * the environment of git (https), or in a file of the folder (ssh); the folder is removed afterwards.
 */

import { scrypt, X509Certificate } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  defined,
  heldSecret,
  InputError,
  isRecord,
  type Outside,
  type Redact,
  redactor,
  sendingMistake,
} from '#plugin';
import { realTiming, type Timing } from '#plugin/http';
import { beginContact, type Denial, openNames, usualDenial } from '#plugin/net';
import { type Ended, runProgram } from '#plugin/program';
import { branchMistake } from '../repository/address.ts';
import { type GitLogin, loginsIn } from '../repository/check.ts';
import { type Failure, failureOf, isTransient, type Printed, printedFailure } from '../repository/failures.ts';
import type { RepositoryAnswer, RepositoryQuestion, RepositoryReader } from '../world.ts';

/** Time for a whole test, repetitions included. */
const DEADLINE_MS = 30_000;
const NAME_MS = 10_000;
const MOST_BYTES = 1024 * 1024;
/** Pauses before a test is repeated after a failure that may pass. */
const PAUSES_MS = [250, 500, 1000] as const;
/** The first version that connects to a given address (`http.curloptResolve`). */
const LEAST_VERSION = [2, 37] as const;
const VARIABLE = 'FABRIC_GIT_SECRET';

export interface GitOptions {
  readonly deadlineMs?: number;
  readonly timing?: Pick<Timing, 'sleep'>;
}

type Environment = Outside['env'];

/** A login with its secret. */
interface Login extends Omit<GitLogin, 'secret'> {
  readonly secret: string;
}

/** Folders of PATH. A relative one would be in the folder of a test. */
function programPath(env: Environment): string {
  return (env['PATH'] ?? '').split(delimiter).filter(isAbsolute).join(delimiter);
}

/** The environment of every git: nothing of the user's, no prompt, and messages in English. */
function plainEnvironment(env: Environment, folder: string): Readonly<Record<string, string>> {
  return {
    PATH: programPath(env),
    HOME: folder,
    LC_ALL: 'C',
    // A repository around the folder would have a configuration.
    GIT_DIR: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    SSH_ASKPASS_REQUIRE: 'never',
  };
}

/** Settings of git as variables: command lines are visible to other users. */
function settingVariables(settings: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return {
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  };
}

/** Throws InputError if git is not installed, or is too old. */
async function checkVersion(env: Environment): Promise<void> {
  const ended = await runProgram({
    file: 'git',
    args: ['version'],
    folder: '/',
    env: plainEnvironment(env, '/nonexistent'),
    deadlineMs: DEADLINE_MS,
    mostBytes: MOST_BYTES,
    signal: new AbortController().signal,
  });
  const [least, leastMinor] = LEAST_VERSION;
  const needed = `a GitRepository requires git ${least}.${leastMinor} or newer`;
  if (ended.how === 'not-started')
    throw new InputError(`${needed}, and git cannot be started (${ended.code}). Install git`);
  const printed = ended.how === 'code' ? ended.stdout : '';
  const [, major = '0', minor = '0'] = /^git version (\d+)\.(\d+)/u.exec(printed) ?? [];
  const isEnough = Number(major) > least || (Number(major) === least && Number(minor) >= leastMinor);
  if (!isEnough) throw new InputError(`${needed}, and this machine has git ${major}.${minor}. Install a newer one`);
}

/** The value of the header with which a login is sent. */
function headerOf({ auth, username, secret }: Login): string {
  if (auth === 'OAUTH' && username === undefined) return `Bearer ${secret}`;
  return `Basic ${Buffer.from(`${username ?? 'git'}:${secret}`).toString('base64')}`;
}

/** Throws InputError for a secret that cannot be sent. */
function checkSecret(name: string, { auth, secret }: Login): void {
  if (auth === 'SSH_KEY') return;
  // A header cannot have line breaks.
  if (/[\p{Cc}]/u.test(secret))
    throw new InputError(`the secret of the login ${name} has a line break or a control character`);
  if (auth !== 'BASIC' && !/^[\x21-\x7e]+$/u.test(secret))
    throw new InputError(`the secret of the login ${name} is not one word of printable characters`);
}

function loginOf(name: string, { config, env }: Outside): Login {
  const login = loginsIn(config).get(name);
  if (login === undefined)
    throw new InputError(`fettle.yaml does not have the login ${name} under plugins.fabric.git.credentials`);
  const field = `plugins.fabric.git.credentials.${name}.secret`;
  const what = `the secret of the login ${name}`;
  const found = { ...login, secret: heldSecret(login.secret, { what, variable: VARIABLE, field }, env) };
  checkSecret(name, found);
  return found;
}

/** Throws InputError if the environment does not permit the login for the server. */
function checkSending(name: string, { secret }: Login, { address }: RepositoryQuestion, env: Environment): void {
  const to = new URL(`${address.scheme}://${address.host}:${address.port}`);
  const mistake = sendingMistake({ secret, variable: VARIABLE, to }, 'FETTLE_PROVIDER_ORIGINS', env);
  if (mistake !== undefined) throw new InputError(`the secret of the login ${name} ${mistake}`);
}

/** The host as a system call takes it: without the brackets of an address. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/u, '$1');
}

function permittedOf(addresses: readonly string[], denial: Denial): readonly string[] | Failure {
  const permitted = addresses.filter((address) => denial(address) === undefined);
  return permitted.length === 0 ? failureOf('denied') : permitted;
}

/** The permitted addresses of a host, or the reason why there is not one. */
async function addressesOf(host: string, denial: Denial, signal: AbortSignal): Promise<readonly string[] | Failure> {
  const bare = bareHost(host);
  if (isIP(bare) !== 0) return permittedOf([bare], denial);
  const found = await openNames(undefined, denial).addresses(bare, NAME_MS, signal);
  if (!found.ok) return failureOf('no-name', found.reason);
  return permittedOf(found.addresses, denial);
}

/** Files and variables of one test, without the address. */
interface Prepared {
  readonly settings: readonly (readonly [string, string])[];
  readonly env: Readonly<Record<string, string>>;
}

/** Throws InputError if the text is not PEM: git would name another reason. */
function checkAuthority(ca: string): void {
  try {
    new X509Certificate(ca);
  } catch {
    throw new InputError('spec.ca of the GitRepository is not a certificate in PEM');
  }
}

async function prepareHttps(
  { address, ca }: RepositoryQuestion,
  login: Login | undefined,
  folder: string,
): Promise<Prepared> {
  const origin = `https://${address.host}:${address.port}/`;
  if (ca !== undefined) {
    checkAuthority(ca);
    await writeFile(join(folder, 'ca.pem'), ca);
  }
  return {
    settings: [
      ['http.followRedirects', 'false'],
      ['http.proxy', ''],
      ['http.sslVerify', 'true'],
      ['http.emptyAuth', 'false'],
      ['credential.helper', ''],
      ['core.askPass', ''],
      // The folder of the system's certificates would count in addition.
      ...(ca === undefined
        ? []
        : ([
            ['http.sslCAInfo', join(folder, 'ca.pem')],
            ['http.sslCAPath', folder],
          ] as const)),
      ...(login === undefined ? [] : ([[`http.${origin}.extraHeader`, `Authorization: ${headerOf(login)}`]] as const)),
    ],
    env: {},
  };
}

/** Settings of ssh, in the only file that it reads: a private key is the only login, and nothing is forwarded or asked. */
function sshConfig({ host, port }: RepositoryQuestion['address'], address: string): string {
  const alias = port === 22 ? bareHost(host) : `[${bareHost(host)}]:${port}`;
  return [
    'Host *',
    `HostName ${address}`,
    // The name under which the host key is known, instead of the address.
    `HostKeyAlias ${alias}`,
    'CheckHostIP no',
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    'UserKnownHostsFile known_hosts',
    'IdentityFile key',
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'PreferredAuthentications publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'GSSAPIAuthentication no',
    'HostbasedAuthentication no',
    'BatchMode yes',
    'ForwardAgent no',
    'ForwardX11 no',
    'ClearAllForwardings yes',
    'PermitLocalCommand no',
    'ProxyCommand none',
    'ControlMaster no',
    'ControlPath none',
    'ConnectTimeout 10',
    // Without the banner, which is the server's.
    'LogLevel ERROR',
    '',
  ].join('\n  ');
}

async function prepareSsh(login: Login, env: Environment, folder: string): Promise<Prepared> {
  // OpenSSH refuses a key without a newline at its end.
  const key = `${login.secret.replaceAll('\r\n', '\n').trim()}\n`;
  await writeFile(join(folder, 'key'), key, { mode: 0o600 });
  const home = env['HOME'] ?? homedir();
  await symlink(join(home, '.ssh', 'known_hosts'), join(folder, 'known_hosts'));
  return {
    settings: [],
    env: {
      // git passes a command with options to a shell: this one is constant, and the names of its files are relative.
      GIT_SSH_COMMAND: 'ssh -F ssh_config',
      GIT_SSH_VARIANT: 'ssh',
    },
  };
}

/** A prepared test. */
interface Prober {
  readonly question: RepositoryQuestion;
  readonly env: Environment;
  readonly folder: string;
  readonly prepared: Prepared;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

function curlAddress(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

/** The addresses for a try: ssh gets the first one alone, which is another one each time. */
export function rotated(addresses: readonly string[], tries: number): readonly string[] {
  const turn = tries % addresses.length;
  return [...addresses.slice(turn), ...addresses.slice(0, turn)];
}

/** One run of git, over one or all addresses of the host. */
async function runGit({ question, env, folder, prepared, deadlineMs, signal }: Prober, addresses: readonly string[]) {
  const { address, branch } = question;
  const [first = ''] = addresses;
  if (address.scheme === 'ssh') await writeFile(join(folder, 'ssh_config'), sshConfig(address, first));
  const pinned = `${bareHost(address.host)}:${address.port}:${addresses.map(curlAddress).join(',')}`;
  const settings = [
    ['protocol.allow', 'never'],
    [`protocol.${address.scheme}.allow`, 'always'],
    ...(address.scheme === 'https' && isIP(bareHost(address.host)) === 0
      ? ([['http.curloptResolve', pinned]] as const)
      : []),
    ...prepared.settings,
  ] as const;
  const report = beginContact();
  const ended = await runProgram({
    file: 'git',
    args: ['ls-remote', '--quiet', '--symref', '--', address.url, 'HEAD', `refs/heads/${branch}`],
    folder,
    env: {
      ...plainEnvironment(env, folder),
      GIT_ALLOW_PROTOCOL: address.scheme,
      ...prepared.env,
      ...settingVariables(settings),
    },
    deadlineMs,
    mostBytes: MOST_BYTES,
    signal,
  });
  const origin = `${address.scheme}://${address.host}:${address.port}`;
  report?.('debug', `git ls-remote ${origin}: ${ended.how === 'code' ? `exit ${ended.code}` : ended.how}`);
  return ended;
}

/** The references that git printed: `COMMIT<tab>NAME`, and `ref: refs/heads/main<tab>HEAD`. */
function answerOf(stdout: string, branch: string): RepositoryAnswer {
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  const head = lines.find(([, name]) => name === `refs/heads/${branch}`)?.[0];
  const target = lines.find(([first, name]) => name === 'HEAD' && first?.startsWith('ref: '))?.[0];
  const defaultBranch = target?.replace(/^ref: refs\/heads\//u, '');
  return defined({
    answers: true,
    head,
    // The server's text.
    defaultBranch:
      defaultBranch === undefined || defaultBranch.length > 244 || branchMistake(defaultBranch) !== undefined
        ? undefined
        : defaultBranch,
  });
}

/** The failure of a run; undefined for a successful one. Throws InputError if git cannot be started. */
function printedBy(ended: Ended, { deadlineMs }: Pick<Prober, 'deadlineMs'>, redact: Redact): Printed | undefined {
  switch (ended.how) {
    case 'code':
      // Before the text is shortened: a part of a secret would not be recognized.
      return ended.code === 0 ? undefined : printedFailure(redact(ended.stderr));
    case 'signal':
      return { kind: 'other', detail: `git ended with ${ended.by}` };
    case 'late':
      return { kind: 'late', detail: `${deadlineMs / 1000} s` };
    case 'too-much':
      return { kind: 'too-much', detail: `more than ${MOST_BYTES} bytes` };
    case 'not-started':
      throw new InputError(`git cannot be started (${ended.code})`);
  }
}

/** Four hex digits of a slow hash: two logins differ in most cases, and the secret does not follow from them. */
async function shortDigest(value: string, salt: string): Promise<string> {
  const derive = promisify<string, string, number, Buffer>(scrypt);
  return (await derive(value, salt, 2)).toString('hex');
}

class Git implements RepositoryReader {
  readonly #outside: Outside;
  readonly #denial: Denial;
  readonly #deadlineMs: number;
  readonly #sleep: Timing['sleep'];
  readonly #last = new Map<string, RepositoryAnswer>();
  #version: Promise<void> | undefined;

  constructor(outside: Outside, { deadlineMs = DEADLINE_MS, timing = realTiming }: GitOptions) {
    this.#outside = outside;
    this.#denial = usualDenial(outside.env);
    this.#deadlineMs = deadlineMs;
    this.#sleep = timing.sleep;
  }

  async mark(credentials: string | undefined): Promise<string> {
    if (credentials === undefined) return '';
    const { auth, username = '', secret } = loginOf(credentials, this.#outside);
    const digest = await shortDigest(JSON.stringify([auth, username, secret]), this.#outside.project);
    return `${credentials} ${auth} ${digest}`;
  }

  last(question: RepositoryQuestion): RepositoryAnswer | undefined {
    return this.#last.get(JSON.stringify(question));
  }

  async ask(question: RepositoryQuestion, signal: AbortSignal): Promise<RepositoryAnswer> {
    const { credentials } = question;
    this.#version ??= checkVersion(this.#outside.env);
    await this.#version;
    const login = credentials === undefined ? undefined : loginOf(credentials, this.#outside);
    if (login !== undefined) checkSending(credentials ?? '', login, question, this.#outside.env);
    const answer = await this.#answer(question, login, signal);
    this.#last.set(JSON.stringify(question), answer);
    return answer;
  }

  async #answer(
    question: RepositoryQuestion,
    login: Login | undefined,
    signal: AbortSignal,
  ): Promise<RepositoryAnswer> {
    const addresses = await addressesOf(question.address.host, this.#denial, signal);
    if (isRecord(addresses)) return { answers: false, failure: addresses as Failure };
    const { env } = this.#outside;
    const folder = await mkdtemp(resolve(env['TMPDIR'] ?? tmpdir(), 'fettle-git-'));
    try {
      if (question.address.scheme === 'ssh' && login === undefined)
        throw new InputError('an address with ssh requires a login with a private key');
      const prepared =
        question.address.scheme === 'ssh' && login !== undefined
          ? await prepareSsh(login, env, folder)
          : await prepareHttps(question, login, folder);
      const prober = { question, env, folder, prepared, deadlineMs: this.#deadlineMs, signal };
      return await this.#tried(prober, addresses as readonly string[], login);
    } finally {
      // At once: an interrupted process may end before an asynchronous removal.
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Runs git until it succeeds, fails for a reason that does not pass, or the time is over. */
  async #tried(prober: Prober, addresses: readonly string[], login: Login | undefined): Promise<RepositoryAnswer> {
    const { question, signal } = prober;
    const end = performance.now() + this.#deadlineMs;
    // A server may repeat the header in its words.
    const redact = redactor(login === undefined ? [] : [login.secret, ...headerOf(login).split(' ')]);
    for (let tries = 0; ; tries += 1) {
      const left = end - performance.now();
      const ended = await runGit({ ...prober, deadlineMs: Math.max(1, left) }, rotated(addresses, tries));
      const printed = printedBy(ended, prober, redact);
      if (printed === undefined) return answerOf(ended.how === 'code' ? ended.stdout : '', question.branch);
      const pause = PAUSES_MS[tries];
      const hasTime = pause !== undefined && end - performance.now() > pause;
      if (!isTransient(printed.kind) || !hasTime) return { answers: false, failure: failureBy(printed, login) };
      await this.#sleep(pause, signal);
    }
  }
}

/** The failure in words. A server that refuses a test without a login asks for one. */
function failureBy({ kind, detail }: Printed, login: Login | undefined): Failure {
  const isAsked = kind === 'unauthorized' && login === undefined;
  return failureOf(kind, isAsked ? 'the server requires one: set spec.credentials' : detail);
}

/** Opens the access to repositories. Nothing is started before the first question. */
export function openGit(outside: Outside, options: GitOptions = {}): RepositoryReader {
  return new Git(outside, options);
}
