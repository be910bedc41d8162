/**
 * Settings of certificate events, from environment variables: `fettle.yaml` can be changed by a pull request, and must
 * not name tokens or keys.
 *
 * | variable | default | meaning |
 * |---|---|---|
 * | `CERT_EVENT_INGEST_TOKEN` | none: 503 | shared token, or `sha256:` and 64 hex digits of its hash; two hashes with a comma |
 * | `CERT_EVENT_SOURCE_KEYS` | none | `source:cluster=secret,…`, two for the same source while it rotates its secret |
 * | `CERT_EVENT_REQUIRE_PROVENANCE` | false | requires signatures; also if a source has a key |
 * | `CERT_EVENT_MAX_AGE_SECONDS` | 300 | largest difference of a signed time from the clock |
 * | `CERT_EVENT_BATCH_SIZE` | 100 | events that a round applies at once |
 * | `CERT_EVENT_MAX_RETRIES` | 6 | failures after which an event is a dead letter |
 * | `CERT_EVENT_BASE_BACKOFF_SECONDS` | 45 | time from the first failure to the next try |
 * | `CERT_DLQ_AUTO_REPLAY_ENABLED` | false | replays dead letters; only `true` enables it |
 * | `CERT_DLQ_REPLAY_MAX_EVENTS` | 50 | dead letters that a round replays at most |
 * | `CERT_DLQ_REPLAY_COOLDOWN_SECONDS` | 900 | time from the last failure to the replay |
 * | `CERT_DLQ_REPLAY_MAX_REPLAYS` | 3 | automatic replays of an event |
 * | `CERT_DLQ_REPLAY_MAX_AGE_HOURS` | 168 | largest age of a replayed event |
 */

import { InputError } from '#plugin';
import { type Identity, identityKey, identityText } from './event.ts';
import { sha256 } from './proof.ts';

/** Secrets of a source. */
export interface SourceKeys extends Identity {
  /** One, or two while the source rotates its secret. */
  readonly secrets: readonly string[];
}

export interface IntakeSettings {
  /** SHA-256 of each shared token, 64 hex digits. Without any, no event is accepted. */
  readonly tokens: readonly string[];
  /** By `identityKey`. */
  readonly keys: ReadonlyMap<string, SourceKeys>;
  readonly maxAgeMs: number;
  /** True if every event must be signed by its source. */
  readonly requireProvenance: boolean;
}

export interface QueueSettings {
  readonly batch: number;
  /** Failures after which an event is a dead letter. */
  readonly maxRetries: number;
  readonly baseMs: number;
}

export interface ReplaySettings {
  readonly isEnabled: boolean;
  readonly most: number;
  readonly waitMs: number;
  readonly maxReplays: number;
  readonly maxAgeMs: number;
}

export interface EventSettings {
  readonly intake: IntakeSettings;
  readonly queue: QueueSettings;
  readonly replay: ReplaySettings;
  /** Problems of the variables, without secrets. */
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const TOKEN = 'CERT_EVENT_INGEST_TOKEN';
const KEYS = 'CERT_EVENT_SOURCE_KEYS';
const PROVENANCE = 'CERT_EVENT_REQUIRE_PROVENANCE';

export const SECRET_VARIABLES: readonly string[] = [TOKEN, KEYS];

const HASH = /^sha256:([0-9a-f]{64})$/iu;

/** The hashes of the shared tokens. Only hashes form a list: a token may contain a comma. */
function tokensOf(text: string): readonly string[] {
  if (text === '') return [];
  const hashes = text.split(',').map((each) => HASH.exec(each.trim())?.[1]?.toLowerCase());
  return hashes.every((each) => each !== undefined) ? hashes : [sha256(text)];
}

/** Secrets of one source at a time. */
const MOST_SECRETS = 2;
const CONTROL = /[\p{Cc}]/u;

interface KeyItem extends Identity {
  readonly secret: string;
}

/** One item of the list, or the reason why it is malformed. */
function keyItem(item: string): KeyItem | string {
  const sign = item.indexOf('=');
  const [name, secret] = sign < 0 ? [item, ''] : [item.slice(0, sign), item.slice(sign + 1).trim()];
  const colon = name.indexOf(':');
  if (colon < 0) return 'the form is source:cluster=secret';
  const source = name.slice(0, colon).trim().toLowerCase();
  const cluster = name
    .slice(colon + 1)
    .trim()
    .toLowerCase();
  if (source.length < 2 || source.length > 80) return 'a source has 2 to 80 characters';
  if (cluster.length < 2 || cluster.length > 120) return 'a cluster has 2 to 120 characters';
  if (CONTROL.test(name)) return 'the name has a control character';
  if (secret === '') return `the secret of ${identityText({ source, cluster })} is empty`;
  return { source, cluster, secret };
}

function keysOf(text: string): { readonly keys: IntakeSettings['keys']; readonly warnings: readonly string[] } {
  const keys = new Map<string, SourceKeys>();
  const warnings: string[] = [];
  for (const [i, raw] of text.split(',').entries()) {
    if (raw.trim() === '') continue;
    const item = keyItem(raw.trim());
    if (typeof item === 'string') {
      warnings.push(`item ${i + 1} of ${KEYS} is malformed and is not used: ${item}`);
      continue;
    }
    const { source, cluster, secret } = item;
    const key = identityKey(item);
    const secrets = keys.get(key)?.secrets ?? [];
    if (secrets.includes(secret)) continue;
    if (secrets.length >= MOST_SECRETS) {
      warnings.push(
        `item ${i + 1} of ${KEYS} is not used: ${identityText(item)} already has ${MOST_SECRETS} secrets. Remove the oldest one`,
      );
      continue;
    }
    keys.set(key, { source, cluster, secrets: [...secrets, secret] });
  }
  return { keys, warnings };
}

/** Warnings about secrets that several sources have: a request of one source is valid for the other. */
function sharedSecrets(keys: IntakeSettings['keys']): readonly string[] {
  const owners = Map.groupBy(
    [...keys.values()].flatMap((each) => each.secrets.map((secret) => ({ secret, name: identityText(each) }))),
    ({ secret }) => secret,
  );
  return [...owners.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : others.map(
          ({ name }) =>
            `${first.name} and ${name} have the same secret in ${KEYS}: each can send events as the other one`,
        ),
  );
}

/** A positive whole number, or the default for an empty variable. */
function numberIn(env: Environment, name: string, usual: number): number {
  const text = env[name]?.trim() ?? '';
  if (text === '') return usual;
  if (/^[1-9]\d{0,8}$/u.test(text)) return Number(text);
  throw new InputError(`${name} is not valid. Use a whole number from 1 to 999999999`);
}

function switchIn(env: Environment, name: string): boolean {
  const text = env[name]?.trim().toLowerCase() ?? '';
  if (text === '' || text === 'false') return false;
  if (text === 'true') return true;
  throw new InputError(`${name} is not valid. Use true or false`);
}

/**
 * The settings of an environment, with hashes of further tokens. Throws an InputError for a number or a switch that is not valid. A malformed key of a
 * source is a warning: the keys of the others stay in use.
 */
export function eventSettings(env: Environment, tokens: readonly string[] = []): EventSettings {
  const { keys, warnings } = keysOf(env[KEYS] ?? '');
  // Malformed keys alone require signatures too: an error in the list must not accept unsigned events.
  const requireProvenance = switchIn(env, PROVENANCE) || (env[KEYS]?.trim() ?? '') !== '';
  const intake = {
    tokens: [...tokensOf(env[TOKEN]?.trim() ?? ''), ...tokens],
    keys,
    maxAgeMs: numberIn(env, 'CERT_EVENT_MAX_AGE_SECONDS', 300) * 1000,
    requireProvenance,
  };
  const queue = {
    batch: numberIn(env, 'CERT_EVENT_BATCH_SIZE', 100),
    maxRetries: numberIn(env, 'CERT_EVENT_MAX_RETRIES', 6),
    baseMs: numberIn(env, 'CERT_EVENT_BASE_BACKOFF_SECONDS', 45) * 1000,
  };
  const replay = {
    isEnabled: switchIn(env, 'CERT_DLQ_AUTO_REPLAY_ENABLED'),
    most: numberIn(env, 'CERT_DLQ_REPLAY_MAX_EVENTS', 50),
    waitMs: numberIn(env, 'CERT_DLQ_REPLAY_COOLDOWN_SECONDS', 900) * 1000,
    maxReplays: numberIn(env, 'CERT_DLQ_REPLAY_MAX_REPLAYS', 3),
    maxAgeMs: numberIn(env, 'CERT_DLQ_REPLAY_MAX_AGE_HOURS', 168) * 3_600_000,
  };
  const unusable =
    requireProvenance && keys.size === 0
      ? [`signatures are required, and ${KEYS} has no usable key: no event is accepted`]
      : [];
  return { intake, queue, replay, warnings: [...warnings, ...sharedSecrets(keys), ...unusable] };
}
