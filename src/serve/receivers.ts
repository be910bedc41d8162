/**
 * The receivers in the file of the host. Addresses and keys can be in environment variables or in files of their own,
 * because the file may be readable by others.
 */

import { dirname, resolve } from 'node:path';
import type { ServeHost } from '../engine/generated.ts';
import type { PointerMistake } from '../engine/load/explain.ts';
import { readText } from '../engine/load/read-text.ts';
import { defined, durationMs, errorText, InputError } from '#plugin';
import { COOLDOWN_MS, type Destination } from './alerts/receiver.ts';
import { receiverUrl } from './cert-variables.ts';

type WrittenReceiver = ServeHost['alerts']['receivers'][number];

const LEAST_COOLDOWN_MS = 10_000;

export interface ReceiverPlace {
  /** Absolute path of the file that names the receivers: relative paths start in its folder. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const REFERENCE = /^\$\{(env|file):([^}]+)\}$/u;

/** Names of the variables that receivers refer to. */
export function variablesOf(receivers: readonly WrittenReceiver[]): readonly string[] {
  return receivers
    .flatMap(({ url, secret }) => [url, secret ?? ''])
    .flatMap((text) => {
      const [, from, name] = REFERENCE.exec(text) ?? [];
      return from === 'env' && name !== undefined ? [name] : [];
    });
}

/** The value of a text that may be a reference. Throws an InputError without the value. */
async function valueOf(text: string, { file, env }: ReceiverPlace): Promise<string> {
  const [, from, name = ''] = REFERENCE.exec(text) ?? [];
  if (from === undefined) return text;
  if (from === 'env') {
    const value = env[name]?.trim() ?? '';
    if (value === '') throw new InputError(`the environment variable ${name} is not set`);
    return value;
  }
  const read = await readText(resolve(dirname(file), name));
  if ('unreadable' in read) throw new InputError(`the file ${name} cannot be read: ${read.unreadable.message}`);
  const value = read.text.trim();
  if (value === '') throw new InputError(`the file ${name} is empty`);
  return value;
}

function cooldownOf({ kind, cooldown }: WrittenReceiver): number {
  return cooldown === undefined ? COOLDOWN_MS[kind] : durationMs(cooldown);
}

/** The destinations of the receivers, and the mistakes in them. `taken` has the names of other receivers. */
export async function destinationsIn(
  receivers: readonly WrittenReceiver[],
  place: ReceiverPlace,
  { plugins, taken }: { readonly plugins: ReadonlySet<string>; readonly taken: readonly string[] },
): Promise<{ readonly destinations: readonly Destination[]; readonly mistakes: readonly PointerMistake[] }> {
  const mistakes: PointerMistake[] = [];
  const destinations: Destination[] = [];
  const names = new Set(taken);
  for (const [i, receiver] of receivers.entries()) {
    const at = `/alerts/receivers/${i}`;
    const wrong = (field: string, message: string): void => {
      mistakes.push({ code: 'bad-config', pointer: `${at}/${field}`, at: 'value', message });
    };
    const given = async <T>(field: string, read: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await read();
      } catch (error) {
        wrong(field, errorText(error));
        return undefined;
      }
    };
    const { name, kind, url: address, secret: key } = receiver;
    if (names.has(name)) wrong('name', `another receiver has the name ${name}`);
    names.add(name);
    for (const [n, plugin] of (receiver.plugins ?? []).entries())
      if (!plugins.has(plugin)) wrong(`plugins/${n}`, `the plugin ${plugin} does not exist`);
    const cooldownMs = cooldownOf(receiver);
    if (cooldownMs < LEAST_COOLDOWN_MS) wrong('cooldown', 'the time is shorter than the least value, 10s');
    const url = await given('url', async () => receiverUrl(await valueOf(address, place), 'the address'));
    const secret = key === undefined ? undefined : await given('secret', () => valueOf(key, place));
    if (url !== undefined)
      destinations.push(defined<Destination>({ name, kind, cooldownMs, url, secret, plugins: receiver.plugins }));
  }
  return { destinations, mistakes };
}
