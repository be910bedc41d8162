/** Commands of the sandbox's Redis server: those that fettle and `redis-cli` use, with the answers and errors of Redis 7. */

import { createHash } from 'node:crypto';
import type { Reply } from '../redis/reader.ts';
import { globMatcher, type Matcher } from './glob.ts';
import { CommandError, type Keyspace } from './keyspace.ts';
import { TWINS } from './scripts.ts';

/** A status such as `OK`, in place of a text. */
export class Status {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  get text(): string {
    return this.#text;
  }
}

/** An answer. A null list is `NO_LIST`; an error within a list is a CommandError. */
export type Answer = string | number | null | Status | CommandError | typeof NO_LIST | readonly Answer[];

export const NO_LIST = Symbol('null list');
const OK = new Status('OK');

/** The state of a connection. */
export interface Client {
  readonly id: number;
  /** `addr=… laddr=…` of CLIENT INFO. */
  readonly addresses: string;
  name: string;
  database: number;
  readonly channels: Set<string>;
  readonly patterns: Map<string, Matcher>;
  /** Commands since MULTI. */
  queue: (readonly string[])[] | undefined;
  /** A command since MULTI was refused. */
  isDirty: boolean;
  /** Watched keys with their versions. */
  readonly watched: Map<string, { readonly database: number; readonly key: string; readonly version: number }>;
  /** Sends an answer out of turn. */
  readonly push: (answer: Answer) => void;
  readonly end: () => void;
}

export interface ServerState {
  readonly keyspace: Keyspace;
  readonly clients: Set<Client>;
  /** SHA-1 of the scripts that were sent. */
  readonly scripts: Set<string>;
  readonly config: Map<string, string>;
  readonly now: () => number;
  readonly port: number;
  /** Looks for expired keys soon. */
  readonly expireSoon: () => void;
}

type Run = (words: readonly string[], client: Client, state: ServerState) => Answer;

interface Command {
  /** Number of words with the name; negative for at least as many. */
  readonly arity: number;
  readonly run: Run;
}

const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
const SYNTAX = 'ERR syntax error';

function integer(text: string | undefined): number {
  if (text === undefined || !/^-?\d{1,15}$/u.test(text)) throw new CommandError(NOT_AN_INTEGER);
  return Number(text);
}

function arityError(name: string): CommandError {
  return new CommandError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
}

/** Sends a message to all who listen; returns their number. */
export function publish(clients: Iterable<Client>, channel: string, payload: string): number {
  let count = 0;
  for (const client of clients) {
    if (client.channels.has(channel)) {
      count += 1;
      client.push(['message', channel, payload]);
    }
    for (const [pattern, matches] of client.patterns)
      if (matches(channel)) {
        count += 1;
        client.push(['pmessage', pattern, channel, payload]);
      }
  }
  return count;
}

function hashOf({ keyspace }: ServerState, { database }: Client, key: string): Map<string, string> {
  const found = keyspace.read(database, key, 'hash');
  if (found !== undefined) return found.fields;
  const fields = new Map<string, string>();
  keyspace.put(database, key, { kind: 'hash', fields });
  return fields;
}

function fieldsIn({ keyspace }: ServerState, { database }: Client, key = ''): ReadonlyMap<string, string> {
  return keyspace.read(database, key, 'hash')?.fields ?? new Map<string, string>();
}

function membersIn({ keyspace }: ServerState, { database }: Client, key = ''): ReadonlySet<string> {
  return keyspace.read(database, key, 'set')?.members ?? new Set<string>();
}

const hset: Run = ([name = '', key = '', ...pairs], client, state) => {
  if (pairs.length % 2 !== 0) throw arityError(name);
  const fields = hashOf(state, client, key);
  const before = fields.size;
  for (let i = 0; i < pairs.length; i += 2) fields.set(pairs[i] ?? '', pairs[i + 1] ?? '');
  state.keyspace.changed(client.database, key, 'hset');
  return name.toUpperCase() === 'HMSET' ? OK : fields.size - before;
};

const hdel: Run = ([, key = '', ...names], client, { keyspace }) => {
  const fields = keyspace.read(client.database, key, 'hash')?.fields;
  const count = names.filter((name) => fields?.delete(name)).length;
  if (count > 0) keyspace.changed(client.database, key, 'hdel');
  if (fields?.size === 0) keyspace.remove(client.database, key);
  return count;
};

const hincrby: Run = ([, key = '', name = '', by], client, state) => {
  const step = integer(by);
  const old = fieldsIn(state, client, key).get(name) ?? '0';
  if (!/^-?\d{1,15}$/u.test(old)) throw new CommandError('ERR hash value is not an integer');
  const value = Number(old) + step;
  hashOf(state, client, key).set(name, String(value));
  state.keyspace.changed(client.database, key, 'hincrby');
  return value;
};

const sadd: Run = ([, key = '', ...added], client, { keyspace }) => {
  let members = keyspace.read(client.database, key, 'set')?.members;
  if (members === undefined) {
    members = new Set();
    keyspace.put(client.database, key, { kind: 'set', members });
  }
  const before = members.size;
  for (const member of added) members.add(member);
  if (members.size > before) keyspace.changed(client.database, key, 'sadd');
  return members.size - before;
};

/** Removes members; a set without members is removed. */
function removeMembers(
  keyspace: Keyspace,
  database: number,
  key: string,
  names: readonly string[],
  event: string,
): number {
  const members = keyspace.read(database, key, 'set')?.members;
  const count = names.filter((name) => members?.delete(name)).length;
  if (count > 0) keyspace.changed(database, key, event);
  if (members?.size === 0) keyspace.remove(database, key);
  return count;
}

const srem: Run = ([, key = '', ...names], { database }, { keyspace }) =>
  removeMembers(keyspace, database, key, names, 'srem');

/** Takes members in any order. */
const spop: Run = ([, key = '', count, more], client, state) => {
  if (more !== undefined) throw new CommandError(SYNTAX);
  const many = count === undefined ? 1 : integer(count);
  if (many < 0) throw new CommandError('ERR value is out of range, must be positive');
  const members = [...membersIn(state, client, key)];
  const taken = members.map((member) => ({ member, draw: Math.random() }));
  const popped = taken
    .toSorted((a, b) => a.draw - b.draw)
    .slice(0, many)
    .map(({ member }) => member);
  removeMembers(state.keyspace, client.database, key, popped, 'spop');
  return count === undefined ? (popped[0] ?? null) : popped;
};

const set: Run = ([, key = '', text = '', ...options], { database }, state) => {
  const { keyspace } = state;
  let expires: number | undefined;
  let only: string | undefined;
  let keepsTime = false;
  for (let i = 0; i < options.length; i += 1) {
    const option = (options[i] ?? '').toUpperCase();
    if ((option === 'NX' || option === 'XX') && only === undefined) only = option;
    else if (option === 'KEEPTTL' && expires === undefined) keepsTime = true;
    else if ((option === 'EX' || option === 'PX') && expires === undefined && !keepsTime) {
      i += 1;
      if (options[i] === undefined) throw new CommandError(SYNTAX);
      const time = integer(options[i]);
      if (time <= 0) throw new CommandError("ERR invalid expire time in 'set' command");
      expires = state.now() + (option === 'EX' ? 1000 * time : time);
    } else throw new CommandError(SYNTAX);
  }
  const exists = keyspace.get(database, key) !== undefined;
  if ((only === 'NX' && exists) || (only === 'XX' && !exists)) return null;
  const kept = keepsTime ? keyspace.expiry(database, key) : undefined;
  keyspace.put(database, key, { kind: 'string', text });
  if (expires !== undefined || kept !== undefined) keyspace.expire(database, key, expires ?? kept);
  keyspace.changed(database, key, 'set');
  if (expires !== undefined) {
    keyspace.changed(database, key, 'expire');
    state.expireSoon();
  }
  return OK;
};

const incrby =
  (sign: 1 | -1): Run =>
  ([, key = '', by], { database }, { keyspace }) => {
    const value = keyspace.read(database, key, 'string');
    const sum = integer(value?.text ?? '0') + sign * (by === undefined ? 1 : integer(by));
    if (value === undefined) keyspace.put(database, key, { kind: 'string', text: String(sum) });
    else value.text = String(sum);
    keyspace.changed(database, key, 'incrby');
    return sum;
  };

const expire =
  (unit: number): Run =>
  ([, key = '', time], { database }, state) => {
    const at = state.now() + unit * integer(time);
    if (!state.keyspace.expire(database, key, at)) return 0;
    if (at <= state.now()) state.keyspace.remove(database, key);
    else state.keyspace.changed(database, key, 'expire');
    state.expireSoon();
    return 1;
  };

const ttl =
  (unit: number): Run =>
  ([, key = ''], { database }, { keyspace, now }) => {
    if (keyspace.get(database, key) === undefined) return -2;
    const at = keyspace.expiry(database, key);
    return at === undefined ? -1 : Math.round((at - now()) / unit);
  };

const scan: Run = ([, cursor = '', ...options], { database }, { keyspace }) => {
  if (!/^\d{1,18}$/u.test(cursor)) throw new CommandError('ERR invalid cursor');
  let count = 10;
  let pattern = '*';
  let kind: string | undefined;
  for (let i = 0; i < options.length; i += 2) {
    const value = options[i + 1];
    const option = (options[i] ?? '').toUpperCase();
    if (value === undefined) throw new CommandError(SYNTAX);
    if (option === 'COUNT') count = integer(value);
    else if (option === 'MATCH') pattern = value;
    else if (option === 'TYPE') kind = value.toLowerCase();
    else throw new CommandError(SYNTAX);
  }
  if (count < 1) throw new CommandError(SYNTAX);
  const { next, keys } = keyspace.scan(database, Number(cursor), count);
  const matches = globMatcher(pattern);
  const isWanted = (key: string): boolean =>
    matches(key) && (kind === undefined || keyspace.get(database, key)?.kind === kind);
  return [String(next), keys.filter(isWanted)];
};

const select: Run = ([, text = ''], client, { keyspace }) => {
  if (!/^-?\d{1,9}$/u.test(text)) throw new CommandError(NOT_AN_INTEGER);
  if (Number(text) < 0 || Number(text) >= keyspace.count) throw new CommandError('ERR DB index is out of range');
  client.database = Number(text);
  return OK;
};

function subscriptions({ channels, patterns }: Client): number {
  return channels.size + patterns.size;
}

const subscribe: Run = ([, ...names], client) => {
  for (const name of names) {
    client.channels.add(name);
    client.push(['subscribe', name, subscriptions(client)]);
  }
  return [];
};

const psubscribe: Run = ([, ...names], client) => {
  for (const name of names) {
    client.patterns.set(name, globMatcher(name));
    client.push(['psubscribe', name, subscriptions(client)]);
  }
  return [];
};

const unsubscribe =
  (kind: 'unsubscribe' | 'punsubscribe'): Run =>
  ([, ...names], client) => {
    const set = kind === 'unsubscribe' ? client.channels : client.patterns;
    const all = names.length > 0 ? names : [...set.keys()];
    for (const name of all) {
      set.delete(name);
      client.push([kind, name, subscriptions(client)]);
    }
    if (all.length === 0) client.push([kind, null, subscriptions(client)]);
    return [];
  };

/** Answers of these commands are pushed. */
export const PUSHING = new Set(['SUBSCRIBE', 'PSUBSCRIBE', 'UNSUBSCRIBE', 'PUNSUBSCRIBE']);

function clientLine(client: Client, words: readonly string[]): string {
  const multi = client.queue === undefined ? -1 : client.queue.length;
  const flags = subscriptions(client) > 0 ? 'P' : 'N';
  const command = words.slice(0, 2).join('|').toLowerCase();
  return `id=${client.id} ${client.addresses} fd=8 name=${client.name} age=0 idle=0 flags=${flags} db=${client.database} sub=${client.channels.size} psub=${client.patterns.size} ssub=0 multi=${multi} cmd=${command} user=default resp=2`;
}

const clientCommand: Run = (words, client, { clients }) => {
  const [, subcommand = '', ...rest] = words;
  switch (subcommand.toUpperCase()) {
    case 'INFO':
      return `${clientLine(client, words)}\n`;
    case 'LIST':
      return [...clients].map((each) => `${clientLine(each, each === client ? words : ['NULL'])}\n`).join('');
    case 'ID':
      return client.id;
    case 'GETNAME':
      return client.name === '' ? null : client.name;
    case 'SETNAME':
      if (/[^!-~]/u.test(rest[0] ?? ''))
        throw new CommandError('ERR Client names cannot contain spaces, newlines or special characters.');
      client.name = rest[0] ?? '';
      return OK;
    case 'KILL': {
      const [by = '', value = ''] = rest;
      const killed = [...clients].filter((each) => by.toUpperCase() === 'ID' && String(each.id) === value);
      for (const each of killed) each.end();
      return killed.length;
    }
    default:
      throw new CommandError(`ERR unknown subcommand '${subcommand}'. Try CLIENT HELP.`);
  }
};

const config: Run = ([, subcommand = '', ...rest], _client, state) => {
  switch (subcommand.toUpperCase()) {
    case 'GET': {
      const patterns = rest.map(globMatcher);
      return [...state.config].filter(([name]) => patterns.some((each) => each(name))).flat();
    }
    case 'SET': {
      const [name = '', value = ''] = rest;
      if (!state.config.has(name.toLowerCase()))
        throw new CommandError(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
      state.config.set(name.toLowerCase(), value);
      return OK;
    }
    case 'RESETSTAT':
      return OK;
    default:
      throw new CommandError(`ERR unknown subcommand '${subcommand}'. Try CONFIG HELP.`);
  }
};

const info: Run = (_words, _client, { keyspace, clients, port }) => {
  const databases = Array.from({ length: keyspace.count }, (_, i) => [i, keyspace.size(i)] as const);
  return [
    '# Server',
    'redis_version:7.0.0',
    'redis_mode:standalone',
    'executable:the sandbox of fettle, which runs no Lua and keeps no files',
    `tcp_port:${port}`,
    '',
    '# Clients',
    `connected_clients:${clients.size}`,
    '',
    '# Replication',
    'role:master',
    '',
    '# Keyspace',
    ...databases.filter(([, size]) => size > 0).map(([i, size]) => `db${i}:keys=${size},expires=0,avg_ttl=0`),
    '',
  ].join('\r\n');
};

/** Runs a script that is known, as one command. */
function runKnown(sha: string, words: readonly string[], client: Client, state: ServerState): Answer {
  const [countText, ...rest] = words.slice(2);
  const count = integer(countText);
  if (count < 0) throw new CommandError("ERR Number of keys can't be negative");
  if (count > rest.length) throw new CommandError("ERR Number of keys can't be greater than number of args");
  const twin = TWINS.get(sha);
  if (twin === undefined) throw new CommandError('ERR this server of the sandbox runs only the scripts of fettle');
  const call = (...inner: readonly string[]): Reply => {
    const answer = runCommand(inner, client, state);
    return (answer instanceof Status ? answer.text : answer) as Reply;
  };
  return twin(call, rest.slice(0, count), rest.slice(count)) as Answer;
}

const evaluate: Run = (words, client, state) => {
  const sha = createHash('sha1')
    .update(words[1] ?? '')
    .digest('hex');
  if (TWINS.has(sha)) state.scripts.add(sha);
  return runKnown(sha, words, client, state);
};

const evaluateSha: Run = (words, client, state) => {
  const sha = (words[1] ?? '').toLowerCase();
  if (!state.scripts.has(sha)) throw new CommandError('NOSCRIPT No matching script. Please use EVAL.');
  return runKnown(sha, words, client, state);
};

const scriptCommand: Run = ([, subcommand = '', ...rest], _client, { scripts }) => {
  switch (subcommand.toUpperCase()) {
    case 'LOAD': {
      const sha = createHash('sha1')
        .update(rest[0] ?? '')
        .digest('hex');
      if (!TWINS.has(sha)) throw new CommandError('ERR this server of the sandbox runs only the scripts of fettle');
      scripts.add(sha);
      return sha;
    }
    case 'EXISTS':
      return rest.map((sha) => (scripts.has(sha.toLowerCase()) ? 1 : 0));
    case 'FLUSH':
      scripts.clear();
      return OK;
    default:
      throw new CommandError(`ERR unknown subcommand '${subcommand}'. Try SCRIPT HELP.`);
  }
};

const watch: Run = ([, ...keys], client, { keyspace }) => {
  if (client.queue !== undefined) throw new CommandError('ERR WATCH inside MULTI is not allowed');
  for (const key of keys) {
    const { database } = client;
    const name = `${database} ${key}`;
    if (!client.watched.has(name))
      client.watched.set(name, { database, key, version: keyspace.version(database, key) });
  }
  return OK;
};

const multi: Run = (_words, client) => {
  if (client.queue !== undefined) throw new CommandError('ERR MULTI calls can not be nested');
  client.queue = [];
  client.isDirty = false;
  return OK;
};

function endOfQueue(client: Client): readonly (readonly string[])[] {
  const { queue = [] } = client;
  client.queue = undefined;
  return queue;
}

const discard: Run = (_words, client) => {
  if (client.queue === undefined) throw new CommandError('ERR DISCARD without MULTI');
  endOfQueue(client);
  client.watched.clear();
  return OK;
};

const exec: Run = (_words, client, state) => {
  if (client.queue === undefined) throw new CommandError('ERR EXEC without MULTI');
  const { isDirty } = client;
  const queue = endOfQueue(client);
  const watched = [...client.watched.values()];
  client.watched.clear();
  if (isDirty) throw new CommandError('EXECABORT Transaction discarded because of previous errors.');
  if (watched.some(({ database, key, version }) => state.keyspace.version(database, key) !== version)) return NO_LIST;
  return queue.map((words) => {
    try {
      return runCommand(words, client, state);
    } catch (error) {
      if (error instanceof CommandError) return error;
      throw error;
    }
  });
};

const flushAll: Run = (_words, _client, { keyspace }) => {
  for (let i = 0; i < keyspace.count; i += 1) keyspace.flush(i);
  return OK;
};

const removeKeys: Run = ([, ...keys], { database }, { keyspace }) =>
  keys.filter((key) => keyspace.remove(database, key)).length;

const COMMANDS: Readonly<Record<string, Command>> = {
  PING: {
    arity: -1,
    run: ([name = '', text, more], client) => {
      if (more !== undefined) throw arityError(name);
      if (subscriptions(client) > 0) return ['pong', text ?? ''];
      return text ?? new Status('PONG');
    },
  },
  ECHO: { arity: 2, run: ([, text = '']) => text },
  QUIT: { arity: -1, run: (_words, client) => (client.end(), OK) },
  SELECT: { arity: 2, run: select },
  HELLO: { arity: -1, run: () => new CommandError('NOPROTO unsupported protocol version') },
  AUTH: {
    arity: -2,
    run: () =>
      new CommandError(
        'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
      ),
  },
  COMMAND: { arity: -1, run: ([, subcommand = '']) => (subcommand.toUpperCase() === 'COUNT' ? COUNT() : []) },
  INFO: { arity: -1, run: info },
  CLIENT: { arity: -2, run: clientCommand },
  CONFIG: { arity: -2, run: config },
  TIME: {
    arity: 1,
    run: (_words, _client, { now }) => [String(Math.floor(now() / 1000)), String((now() % 1000) * 1000)],
  },
  DBSIZE: { arity: 1, run: (_words, { database }, { keyspace }) => keyspace.size(database) },
  FLUSHDB: { arity: -1, run: (_words, { database }, { keyspace }) => (keyspace.flush(database), OK) },
  FLUSHALL: { arity: -1, run: flushAll },
  EXISTS: {
    arity: -2,
    run: ([, ...keys], { database }, { keyspace }) =>
      keys.filter((key) => keyspace.get(database, key) !== undefined).length,
  },
  TYPE: {
    arity: 2,
    run: ([, key = ''], { database }, { keyspace }) => new Status(keyspace.get(database, key)?.kind ?? 'none'),
  },
  DEL: { arity: -2, run: removeKeys },
  UNLINK: { arity: -2, run: removeKeys },
  KEYS: { arity: 2, run: ([, pattern = ''], { database }, { keyspace }) => keyspace.keys(database, pattern) },
  SCAN: { arity: -2, run: scan },
  EXPIRE: { arity: 3, run: expire(1000) },
  PEXPIRE: { arity: 3, run: expire(1) },
  TTL: { arity: 2, run: ttl(1000) },
  PTTL: { arity: 2, run: ttl(1) },
  PERSIST: {
    arity: 2,
    run: ([, key = ''], { database }, { keyspace }) => {
      if (keyspace.expiry(database, key) === undefined) return 0;
      keyspace.expire(database, key, undefined);
      keyspace.changed(database, key, 'persist');
      return 1;
    },
  },
  GET: {
    arity: 2,
    run: ([, key = ''], { database }, { keyspace }) => keyspace.read(database, key, 'string')?.text ?? null,
  },
  SET: { arity: -3, run: set },
  INCR: { arity: 2, run: incrby(1) },
  DECR: { arity: 2, run: incrby(-1) },
  INCRBY: { arity: 3, run: incrby(1) },
  HSET: { arity: -4, run: hset },
  HMSET: { arity: -4, run: hset },
  HDEL: { arity: -3, run: hdel },
  HINCRBY: { arity: 4, run: hincrby },
  HGET: { arity: 3, run: ([, key, name = ''], client, state) => fieldsIn(state, client, key).get(name) ?? null },
  HMGET: {
    arity: -3,
    run: ([, key, ...names], client, state) => names.map((name) => fieldsIn(state, client, key).get(name) ?? null),
  },
  HEXISTS: { arity: 3, run: ([, key, name = ''], client, state) => (fieldsIn(state, client, key).has(name) ? 1 : 0) },
  HGETALL: { arity: 2, run: ([, key], client, state) => [...fieldsIn(state, client, key)].flat() },
  HKEYS: { arity: 2, run: ([, key], client, state) => [...fieldsIn(state, client, key).keys()] },
  HVALS: { arity: 2, run: ([, key], client, state) => [...fieldsIn(state, client, key).values()] },
  HLEN: { arity: 2, run: ([, key], client, state) => fieldsIn(state, client, key).size },
  SADD: { arity: -3, run: sadd },
  SREM: { arity: -3, run: srem },
  SPOP: { arity: -2, run: spop },
  SCARD: { arity: 2, run: ([, key], client, state) => membersIn(state, client, key).size },
  SMEMBERS: { arity: 2, run: ([, key], client, state) => [...membersIn(state, client, key)] },
  SISMEMBER: {
    arity: 3,
    run: ([, key, name = ''], client, state) => (membersIn(state, client, key).has(name) ? 1 : 0),
  },
  PUBLISH: {
    arity: 3,
    run: ([, channel = '', payload = ''], _client, { clients }) => publish(clients, channel, payload),
  },
  SUBSCRIBE: { arity: -2, run: subscribe },
  PSUBSCRIBE: { arity: -2, run: psubscribe },
  UNSUBSCRIBE: { arity: -1, run: unsubscribe('unsubscribe') },
  PUNSUBSCRIBE: { arity: -1, run: unsubscribe('punsubscribe') },
  MULTI: { arity: 1, run: multi },
  EXEC: { arity: 1, run: exec },
  DISCARD: { arity: 1, run: discard },
  WATCH: { arity: -2, run: watch },
  UNWATCH: { arity: 1, run: (_words, client) => (client.watched.clear(), OK) },
  EVAL: { arity: -3, run: evaluate },
  EVALSHA: { arity: -3, run: evaluateSha },
  SCRIPT: { arity: -2, run: scriptCommand },
};

const COUNT = (): number => Object.keys(COMMANDS).length;

/** Commands that run at once, also after MULTI. */
const UNQUEUED = new Set(['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'QUIT']);
/** Commands of a connection that listens. */
const LISTENING = new Set([...PUSHING, 'PING', 'QUIT']);

function commandFor(words: readonly string[]): Command {
  const [name = '', ...args] = words;
  const command = Object.hasOwn(COMMANDS, name.toUpperCase()) ? COMMANDS[name.toUpperCase()] : undefined;
  if (command === undefined) {
    const begin = args.map((arg) => `'${arg.slice(0, 128)}' `).join('');
    throw new CommandError(`ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${begin}`);
  }
  const { arity } = command;
  if (arity < 0 ? words.length < -arity : words.length !== arity) throw arityError(name);
  return command;
}

/** Runs a command at once. Throws a CommandError. */
function runCommand(words: readonly string[], client: Client, state: ServerState): Answer {
  return commandFor(words).run(words, client, state);
}

/** Runs a command, or queues it after MULTI. */
export function answerTo(words: readonly string[], client: Client, state: ServerState): Answer {
  const name = (words[0] ?? '').toUpperCase();
  try {
    if (client.queue === undefined) {
      if (subscriptions(client) > 0 && !LISTENING.has(name)) {
        commandFor(words);
        throw new CommandError(
          `ERR Can't execute '${name.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
        );
      }
      return runCommand(words, client, state);
    }
    if (UNQUEUED.has(name)) return runCommand(words, client, state);
    commandFor(words);
    client.queue.push(words);
    return new Status('QUEUED');
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (client.queue !== undefined && !UNQUEUED.has(name)) client.isDirty = true;
    return error;
  }
}
