/** Mistakes in permissions of `fettle serve` that their schema cannot find: names of plugins, kinds and steps. */

import { compareText, defined, type KindTables, nearest, type Plugin } from '#plugin';
import type { Permission } from '../permission.ts';
import type { PointerMistake } from './explain.ts';
import { echo } from './mistake.ts';

type Loaders = ReadonlyMap<string, () => Promise<Plugin>>;

/** The steps that fettle takes in a kind: transitions that it makes, and edits in place. */
function stepsOf({ machines }: KindTables): readonly string[] {
  return Object.values(machines).flatMap(({ transitions, edits }) => [
    ...transitions.filter(({ by }) => by !== 'world').map(({ from, to }) => `${from}>${to}`),
    ...edits.map(({ state }) => `${state}>${state}`),
  ]);
}

function unknown(pointer: string, what: string, name: string, known: Iterable<string>): PointerMistake {
  const names = [...new Set(known)].toSorted(compareText);
  const near = nearest(name, names);
  return defined({
    code: 'bad-config',
    pointer,
    at: 'value' as const,
    message: `${echo(name)} is not ${what}`,
    suggestion: near === undefined ? undefined : `did you mean \`${near}\`?`,
  });
}

async function mistakesOf(
  { plugin: name, kinds, steps }: Permission,
  at: string,
  loaders: Loaders,
): Promise<readonly PointerMistake[]> {
  const load = loaders.get(name);
  if (load === undefined) return [unknown(`${at}/plugin`, 'the name of a loaded plugin', name, loaders.keys())];
  const { tables } = await load();
  const wrong = (kinds ?? []).flatMap((kind, i) =>
    Object.hasOwn(tables.kinds, kind)
      ? []
      : [unknown(`${at}/kinds/${i}`, `a kind of ${name}`, kind, Object.keys(tables.kinds))],
  );
  const meant = (kinds ?? Object.keys(tables.kinds)).flatMap((kind) => tables.kinds[kind] ?? []);
  const known = meant.flatMap(stepsOf);
  return [
    ...wrong,
    ...steps.flatMap((step, i) =>
      known.includes(step) || wrong.length > 0 ? [] : [unknown(`${at}/steps/${i}`, `a step of ${name}`, step, known)],
    ),
  ];
}

/** `pointer`: the place of the list. */
export async function permissionMistakes(
  permissions: readonly Permission[],
  pointer: string,
  loaders: Loaders,
): Promise<readonly PointerMistake[]> {
  const mistakes: PointerMistake[] = [];
  for (const [i, permission] of permissions.entries())
    mistakes.push(...(await mistakesOf(permission, `${pointer}/${i}`, loaders)));
  return mistakes;
}
