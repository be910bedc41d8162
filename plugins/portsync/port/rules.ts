/** Safety rules of ports, except those about the management path. Pure. */

import {
  type Change,
  defer,
  durationMs,
  type Facts,
  instantOf,
  type Json,
  limited,
  pass,
  reject,
  type Rule,
  type Scene,
  seenFacts,
  warn,
} from '#plugin';
import {
  type LinkFacts,
  type PortFacts,
  portFacts,
  type PortResource,
  portSignals,
  type SwitchFacts,
} from '../facts.ts';
import type { PortMemory, PortRuleId, PortSpec } from '../generated.ts';
import { switchOf } from '../kinds.ts';
import { changeText, confirmOf } from '../switch/confirm.ts';
import { combinationMistake } from '../model/combination.ts';
import { isSameValue, rowValue } from '../model/fields.ts';
import { IPV6_MTU } from '../path/paths.ts';
import { effectOf, managementMtu, managementPath, managementUnknown } from './path-rules.ts';
import { rowAfter } from './differences.ts';
import type { PortPolicy } from './policy.ts';

type PortRule = Rule<PortSpec, PortFacts, PortMemory>;

function switchFacts(scene: Scene, { ref }: PortResource): SwitchFacts | undefined {
  return seenFacts<SwitchFacts>(switchOf(scene, ref));
}

function changes(change: Change, field: string): boolean {
  return change.fields.some(({ path }) => path === `/${field}`);
}

const snapshotOnly: PortRule = (_change, resource, scene) => {
  const facts = switchFacts(scene, resource);
  if (facts?.world !== 'snapshot') return pass('The switch can be changed');
  return reject(
    `The switch is the file ${facts.target}`,
    { target: facts.target },
    {
      remedy: { outside: 'declare `sonic` or `linux` on the Switch, to change the switch itself' },
    },
  );
};

const notReady: PortRule = (_change, resource, scene) => {
  const facts = switchFacts(scene, resource);
  if (facts === undefined)
    return defer(
      'The switch was not refreshed',
      {},
      { remedy: { outside: 'declare the Switch of the port, and make it reachable' } },
    );
  const { not_ready: reason } = facts;
  if (reason === undefined) return pass('The switch is ready');
  return defer(
    `The switch ${reason}`,
    { reason },
    { remedy: { outside: 'wait until the switch is ready, and apply again' } },
  );
};

/** The means that take a held change back: its approval covers them. Undefined for a change that is not held. */
function heldBy(change: Change, resource: PortResource, scene: Scene): Facts | undefined {
  const device = switchOf(scene, resource.ref);
  if (device === undefined || confirmOf(device) === undefined || effectOf(change, resource) === undefined)
    return undefined;
  return { taken_back_by: switchFacts(scene, resource)?.taken_back_by?.means ?? null };
}

const openConfirmation: PortRule = (change, resource, scene) => {
  const found = switchFacts(scene, resource)?.confirmation;
  if (found === undefined || found.is === 'reverted') {
    const by = heldBy(change, resource, scene);
    const quiet = pass('No earlier change waits for its confirmation');
    return by === undefined ? quiet : limited(quiet, by);
  }
  const { is, ports } = found;
  const what = is === 'open' ? 'waits for its confirmation' : 'was not confirmed in time, and is not taken back';
  return defer(
    `${changeText(ports, 'An earlier')} ${what}`,
    { is, ports },
    {
      remedy: {
        outside:
          is === 'open'
            ? 'wait for the other run to end, and apply again'
            : 'apply the row of the Switch, which takes the change back',
      },
    },
  );
};

const notALink: PortRule = (_change, resource, scene) => {
  if (switchFacts(scene, resource)?.world !== 'linux')
    return pass('The ports of the switch can be created and removed');
  return reject(
    'fettle does not create or remove links of a Linux host',
    {},
    {
      remedy: { outside: `create or remove the link ${resource.ref.name} with the tools of the host` },
    },
  );
};

const lanesCreateOnly: PortRule = (change, resource) => {
  const field = change.fields.find(({ path }) => path === '/lanes');
  if (field === undefined) return pass('The lanes stay');
  const facts = { before: field.before ?? null, after: field.after ?? null };
  return reject(
    `The port has the lanes ${rowValue(facts.before) ?? 'of another port'}, and keeps them for life`,
    facts,
    {
      remedy: {
        outside: `remove the document of ${resource.ref.name} with \`lifecycle.onRemove: remove\`, apply, and declare the port with the new lanes`,
      },
    },
  );
};

const incomplete: PortRule = (_change, { desired }) => {
  const missing = (['lanes', 'speed'] as const).filter((field) => desired?.spec[field] === undefined);
  if (missing.length === 0) return pass('The port has lanes and a speed');
  return reject(
    `The switch does not create a port without ${missing.join(' and ')}`,
    { missing },
    {
      remedy: { outside: `declare ${missing.join(' and ')} of the port` },
    },
  );
};

const portInUse: PortRule = (_change, resource) => {
  const { used_by: rows = [], used_by_count: count = 0 } = portFacts(resource) ?? {};
  if (count === 0) return pass('No row of CONFIG_DB names the port');
  const more = count > rows.length ? `, and ${count - rows.length} more` : '';
  return reject(
    `CONFIG_DB names the port in ${rows.join(', ')}${more}`,
    { rows, count },
    {
      remedy: { outside: 'remove these rows from CONFIG_DB, and apply again' },
    },
  );
};

/** The supported value to declare instead: the nearest speed, or the first correction; undefined without one. */
function supportedInstead(field: 'speed' | 'fec', declared: string, supported: readonly string[]): Json | undefined {
  if (field === 'fec') return supported.find((value) => /^[\w-]{1,20}$/u.test(value));
  const speeds = supported.filter((value) => /^\d{1,15}$/u.test(value)).map(Number);
  const distance = (speed: number): number => Math.abs(speed - Number(declared));
  return speeds.sort((a, b) => distance(a) - distance(b) || a - b)[0];
}

const unsupported: PortRule = (change, resource) => {
  const { supported_speeds: speeds, supported_fecs: fecs } = portFacts(resource) ?? {};
  const row = rowAfter(change, resource);
  const wrong = (
    [
      ['speed', speeds],
      ['fec', fecs],
    ] as const
  ).filter(([field, supported]) => {
    const value = row[field];
    return value !== undefined && supported !== undefined && changes(change, field) && !supported.includes(value);
  });
  const [first] = wrong;
  if (first === undefined) return pass('The switch supports the values, or does not report what it supports');
  const [field, supported = []] = first;
  const facts: Facts = { [field]: row[field] ?? null, supported };
  const names = supported.length === 0 ? 'no value' : supported.join(', ');
  const instead = supportedInstead(field, row[field] ?? '', supported);
  return reject(`The port supports ${names} as ${field}, not ${row[field]}`, facts, {
    remedy:
      instead === undefined
        ? { outside: `remove ${field} from the document` }
        : { set: { path: `/spec/${field}`, value: instead } },
  });
};

const combination: PortRule = (change, resource) => {
  if (!['speed', 'lanes', 'fec', 'autoneg', 'adv_speeds'].some((field) => changes(change, field)))
    return pass('The change does not affect speed, lanes, correction and auto-negotiation');
  const mistake = combinationMistake(rowAfter(change, resource));
  if (mistake === undefined) return pass('Speed, lanes, correction and auto-negotiation go together');
  const [fec] = mistake.fecs;
  return reject(`The port would have no link: ${mistake.message}`, mistake.facts, {
    remedy: fec === undefined ? { outside: 'add the speed to adv_speeds' } : { set: { path: '/spec/fec', value: fec } },
  });
};

const lagMemberMtu: PortRule = (change, resource) => {
  const { lag, row } = portFacts(resource) ?? {};
  if (lag === undefined || !changes(change, 'mtu'))
    return pass('The port is not a member of a PortChannel, or keeps its MTU');
  const mtu = rowAfter(change, resource)['mtu'];
  const wanted = lag.mtu ?? '9100';
  const facts = {
    lag: lag.name,
    lag_mtu: Number(wanted),
    mtu: Number(mtu),
    before: Number(row?.['mtu'] ?? Number.NaN),
  };
  if (mtu === undefined || isSameValue('mtu', mtu, wanted)) return pass(`The MTU is that of ${lag.name}`, facts);
  return reject(`The port is a member of ${lag.name}, whose MTU is ${wanted}, not ${mtu}`, facts, {
    remedy: { set: { path: '/spec/mtu', value: Number(wanted) } },
  });
};

const flapping: PortRule = (_change, resource) => {
  const since = resource.memory?.kept.flapping_since ?? '';
  const { flaps } = resource.policy as PortPolicy;
  const limits = { max: flaps.max, per: flaps.per };
  if (since === '') return limited(pass('The link is quiet'), limits);
  const quietAt = instantOf(resource.memory?.kept.flap_at ?? since) + durationMs(flaps.per);
  return limited(
    defer(
      `The link changes more often than flaps.max (${flaps.max} in ${flaps.per}), since ${since}`,
      { since, ...limits },
      {
        clearsAt: quietAt,
        remedy: { outside: 'repair the link first: check the cable, the module and the other end' },
      },
    ),
    limits,
  );
};

const portFlaps: PortRule = (change, resource) => {
  const fields = change.fields.map(({ path }) => path.slice(1));
  const { oper_status: oper } = portSignals(resource);
  if (oper === 'down') return pass('The port has no link to interrupt');
  return warn(`The change of ${fields.join(', ')} takes the port down for a moment`, {
    fields,
    oper_status: oper ?? null,
  });
};

/** The link of a Linux host, and the MTU after a change; undefined if the MTU does not become smaller. */
function smallerMtu(
  change: Change,
  resource: PortResource,
): { readonly link: LinkFacts; readonly before: number; readonly mtu: number } | undefined {
  const { link, row } = portFacts(resource) ?? {};
  const mtu = Number(rowAfter(change, resource)['mtu']);
  const before = Number(row?.['mtu']);
  return link === undefined || !changes(change, 'mtu') || !(mtu < before) ? undefined : { link, before, mtu };
}

const ipv6Lost: PortRule = (change, resource) => {
  const found = smallerMtu(change, resource);
  if (found === undefined || found.mtu >= IPV6_MTU || found.link.ipv6.length === 0)
    return pass('No IPv6 address is lost');
  const { mtu, link } = found;
  return reject(
    `An MTU of ${mtu} removes IPv6 from the link: ${link.ipv6.join(', ')}`,
    { mtu, least: IPV6_MTU, addresses: link.ipv6 },
    {
      remedy: { set: { path: '/spec/mtu', value: IPV6_MTU } },
    },
  );
};

const vlanShrinks: PortRule = (change, resource) => {
  const found = smallerMtu(change, resource);
  const shrinking = found?.link.on_top.filter(({ mtu }) => mtu > found.mtu) ?? [];
  if (found === undefined || shrinking.length === 0) return pass('No link on top of the port has a larger MTU');
  const names = shrinking.map(({ name }) => name);
  return reject(
    `An MTU of ${found.mtu} also makes that of ${names.join(', ')} smaller`,
    { mtu: found.mtu, links: shrinking.map(({ name, mtu }) => ({ name, mtu })) },
    { remedy: { outside: `make the MTU of ${names.join(', ')} at most ${found.mtu} first` } },
  );
};

const routesLost: PortRule = (_change, resource) => {
  const { routes = [], addresses = [] } = portFacts(resource)?.link ?? {};
  const lost = [...routes, ...addresses];
  if (lost.length === 0) return pass('No route or address is lost');
  return reject(
    `Taking the link down removes ${lost.slice(0, 5).join(', ')}${lost.length > 5 ? ` and ${lost.length - 5} more` : ''}, and taking it up does not bring them back`,
    { routes, addresses },
    { remedy: { outside: 'move the routes and addresses to another link first' } },
  );
};

export const portRules: { readonly [Id in PortRuleId]: PortRule } = {
  'snapshot-only': snapshotOnly,
  'not-ready': notReady,
  'open-confirmation': openConfirmation,
  'not-a-link': notALink,
  'lanes-create-only': lanesCreateOnly,
  incomplete,
  'port-in-use': portInUse,
  unsupported,
  combination,
  'lag-member-mtu': lagMemberMtu,
  'would-cut-management-path': managementPath,
  'management-path-mtu': managementMtu,
  'management-path-unknown': managementUnknown,
  flapping,
  'port-flaps': portFlaps,
  'ipv6-lost': ipv6Lost,
  'routes-lost': routesLost,
  'vlan-shrinks': vlanShrinks,
};
