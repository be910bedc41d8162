/** Checks of documents that a schema cannot express. Pure. */

import { defined, type Desired, durationMs, formatRef, InputError, type Mistake, type Ref } from '#plugin';
import type { PortSpec, SwitchSpec } from './generated.ts';
import { switchRef } from './kinds.ts';
import { wordMistake } from './linux/batch-line.ts';
import { aliasMistake } from './linux/link-step.ts';
import { FIELDS, lanesOf, PORT_FIELDS } from './model/fields.ts';
import { tcpAddress } from './redis/address.ts';
import { worldOf } from './switch/target.ts';

/** Longest name of a link in the kernel, in bytes (IFNAMSIZ - 1). */
const LONGEST_NAME = 15;
const SHORTEST_CONFIRM_MS = 10_000;
const LONGEST_CONFIRM_MS = 3_600_000;

function wrong(pointer: string, message: string, suggestion?: string): Mistake {
  return defined({ code: 'wrong-value', pointer, message, suggestion });
}

function checkSwitch(spec: SwitchSpec): readonly Mistake[] {
  const { sonic, confirm, configDb, snapshot } = spec;
  const mistakes: Mistake[] = [];
  if (worldOf(spec) === undefined)
    mistakes.push(wrong('/spec', 'a Switch has exactly one of sonic, linux and snapshot', 'sonic: { local: true }'));
  if (sonic !== undefined && (sonic.redis === undefined) === (sonic.local === undefined))
    mistakes.push(wrong('/spec/sonic', 'sonic has exactly one of redis and local', 'sonic: { local: true }'));
  if (sonic?.namespace !== undefined && sonic.local === undefined)
    mistakes.push(
      wrong('/spec/sonic/namespace', 'a namespace is only found with local: the mapping file of the switch names it'),
    );
  if (sonic?.redis !== undefined)
    try {
      tcpAddress(sonic.redis);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      mistakes.push(wrong('/spec/sonic/redis', error.message));
    }
  if (confirm !== undefined) {
    const ms = durationMs(confirm.within);
    if (ms < SHORTEST_CONFIRM_MS || ms > LONGEST_CONFIRM_MS)
      mistakes.push(wrong('/spec/confirm/within', `within must be from 10s to 1h, not ${confirm.within}`));
    if (durationMs(confirm.settle) >= ms)
      mistakes.push(
        wrong('/spec/confirm/settle', `settle (${confirm.settle}) must be shorter than within (${confirm.within})`),
      );
  }
  if (configDb !== undefined && spec.linux !== undefined)
    mistakes.push(
      wrong('/spec/configDb', 'a config_db.json declares the ports of a SONiC switch, not of a Linux host'),
    );
  if (configDb !== undefined && snapshot !== undefined && configDb.file === snapshot.file)
    mistakes.push(wrong('/spec/configDb/file', 'the file is the snapshot itself: nothing would ever differ'));
  return mistakes;
}

function checkLists(spec: PortSpec): readonly Mistake[] {
  return (['adv_speeds', 'adv_interface_types'] as const).flatMap((field) =>
    (spec[field]?.length ?? 0) > 1 && spec[field]?.some((each) => each === 'all') === true
      ? [wrong(`/spec/${field}`, `all stands alone in ${field}`, `${field}: [all]`)]
      : [],
  );
}

function checkPort({ ref, spec }: Desired<PortSpec>, find: (ref: Ref) => Desired | undefined): readonly Mistake[] {
  const owner = switchRef(ref);
  const device = find(owner) as Desired<SwitchSpec> | undefined;
  if (device === undefined)
    return [
      {
        code: 'unknown-reference',
        pointer: '/metadata/switch',
        message: `${formatRef(owner)} is not declared`,
        suggestion: `declare the Switch ${owner.name}, or correct the name`,
      },
    ];
  const mistakes = [...checkLists(spec)];
  if (/^PortChannel\d/u.test(ref.name))
    mistakes.push(
      wrong(
        '/metadata/name',
        `${ref.name} is a PortChannel, not a port: its settings are a row of the table PORTCHANNEL, which fettle reads and does not change`,
      ),
    );
  if (Buffer.byteLength(ref.name) > LONGEST_NAME || /[|:/\s\p{Cc}]/u.test(ref.name))
    mistakes.push(
      wrong(
        '/metadata/name',
        `the name of a port has at most ${LONGEST_NAME} bytes, and no colon, vertical bar, slash, blank or control character`,
      ),
    );
  const { description = '' } = spec;
  const unfit = device.spec.linux === undefined ? undefined : (wordMistake(description) ?? aliasMistake(description));
  if (unfit !== undefined) mistakes.push(wrong('/spec/description', `the description of a link ${unfit}`));
  if (device.spec.linux !== undefined)
    for (const field of PORT_FIELDS)
      if (spec[field] !== undefined && FIELDS[field].onLinux !== true)
        mistakes.push(
          wrong(
            `/spec/${field}`,
            `a link of a Linux host does not have ${field}; it has ${PORT_FIELDS.filter((each) => FIELDS[each].onLinux === true).join(', ')}`,
          ),
        );
  if (spec.lanes !== undefined) {
    const lanes = lanesOf(spec.lanes);
    const twice = lanes.find((lane, i) => lanes.indexOf(lane) !== i);
    if (twice !== undefined) mistakes.push(wrong('/spec/lanes', `the lane ${twice} is in the list twice`));
  }
  return mistakes;
}

export function check(desired: Desired, find: (ref: Ref) => Desired | undefined): readonly Mistake[] {
  return desired.ref.kind === 'Switch'
    ? checkSwitch(desired.spec as SwitchSpec)
    : checkPort(desired as Desired<PortSpec>, find);
}

type Placed = Mistake & { readonly ref: Ref };

/** Values that two ports of one switch must not share. */
function sharedValues(ports: readonly Desired<PortSpec>[]): readonly Placed[] {
  const holders = new Map<string, Ref>();
  return ports.flatMap(({ ref, spec }) =>
    (
      [
        ...(spec.alias === undefined ? [] : [['alias', spec.alias] as const]),
        ...(spec.lanes === undefined ? [] : lanesOf(spec.lanes).map((lane) => ['lanes', lane] as const)),
      ] as const
    ).flatMap(([field, value]): readonly Placed[] => {
      const key = `${switchRef(ref).name} ${field} ${value}`;
      const holder = holders.get(key);
      if (holder === undefined) {
        holders.set(key, ref);
        return [];
      }
      if (formatRef(holder) === formatRef(ref)) return [];
      const what = field === 'alias' ? `the alias ${value}` : `the lane ${value}`;
      return [{ ref, ...wrong(`/spec/${field}`, `${what} is also declared by ${formatRef(holder)}`) }];
    }),
  );
}

/** Checks that need all documents: ports with the same lanes or alias. */
export function checkTogether(documents: readonly Desired[]): readonly Placed[] {
  return sharedValues(documents.filter(({ ref }) => ref.kind === 'Port') as readonly Desired<PortSpec>[]);
}
