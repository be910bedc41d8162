/** Defaults and labels that the webhooks of a fabric add to objects. */

import { addressOf, addressText, prefixOf } from './addresses.ts';
import { attachedTo, CONNECTION_TYPES, connectionType, peersOf, serversOf, specOf, switchesOf } from './specs.ts';
import {
  type Draft,
  isTree,
  listAt,
  textAt,
  textsAt,
  type Tree,
  treeAt,
  type Value,
  valueAt,
  without,
} from '../value.ts';

const LABEL = 'fabric.githedgehog.com/';
const HIGHEST_VLAN = 4094;

/** The object with its own labels under the fabric's prefix replaced. */
function labelled(object: Tree, labels: Readonly<Record<string, string>>): Tree {
  const kept = Object.entries(treeAt(object, 'metadata', 'labels')).filter(([key]) => !key.includes(LABEL));
  const all = { ...Object.fromEntries(kept), ...labels };
  const metadata = without(treeAt(object, 'metadata'), 'labels');
  return { ...object, metadata: Object.keys(all).length === 0 ? metadata : { ...metadata, labels: all } };
}

const own = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${LABEL}${key}`, value]));

/** Labels for the members of a list: `switch.fabric.githedgehog.com/leaf-1: "true"`. */
const listed = (type: string, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [`${type}.${LABEL}${name}`, 'true']));

function withSpec(object: Tree, spec: Tree): Tree {
  return { ...object, spec };
}

function sortedTexts(spec: Tree, key: string): Tree {
  return key in spec ? { [key]: textsAt(spec, key).toSorted() } : {};
}

/** Ranges with their ends, sorted; nothing if one of them is not valid, as the fabric's webhook does. */
function ranges(spec: Tree): Tree {
  const filled = listAt(spec, 'ranges').map((range) => {
    const from = Number(valueAt(range, 'from') ?? 0);
    return { from, to: Number(valueAt(range, 'to') ?? 0) || from };
  });
  const isValid = filled.every(({ from, to }) => from >= 1 && from <= to && to <= HIGHEST_VLAN);
  return isValid ? { ranges: filled.toSorted((a, b) => a.from - b.from) } : {};
}

export function fillVlanNamespace(object: Tree): Tree {
  return labelled(withSpec(object, ranges(specOf(object))), {});
}

export function fillIpv4Namespace(object: Tree): Tree {
  return labelled(withSpec(object, { ...specOf(object), ...sortedTexts(specOf(object), 'subnets') }), {});
}

function speeds(spec: Tree, key: string): Tree {
  const given = treeAt(spec, key);
  if (!(key in spec)) return {};
  return {
    [key]: Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replace(/^SPEED_/u, '') : value,
      ]),
    ),
  };
}

export function fillSwitch(object: Tree): Tree {
  const spec = specOf(object);
  const group = textAt(spec, 'redundancy', 'group');
  const groups = [...new Set([...textsAt(spec, 'groups'), ...(group === '' ? [] : [group])])].toSorted();
  const namespaces = textsAt(spec, 'vlanNamespaces');
  const vlanNamespaces = (namespaces.length === 0 ? ['default'] : [...namespaces]).toSorted();
  const profile = textAt(spec, 'profile');
  const filled = {
    ...spec,
    vlanNamespaces,
    redundancy: treeAt(spec, 'redundancy'),
    ecmp: treeAt(spec, 'ecmp'),
    ...(groups.length === 0 ? {} : { groups }),
    ...speeds(spec, 'portGroupSpeeds'),
    ...speeds(spec, 'portSpeeds'),
  };
  return labelled(withSpec(object, filled), {
    ...(profile === '' ? {} : own({ profile })),
    ...listed('vlanns', vlanNamespaces),
    ...listed('switchgroup', groups),
  });
}

export function fillServer(object: Tree): Tree {
  return labelled(object, {});
}

export function fillConnection(object: Tree): Tree {
  const type = connectionType(object);
  if (type === 'mclag') return labelled(object, {});
  const vpc = textAt(specOf(object), 'staticExternal', 'withinVPC');
  return labelled(object, {
    // A value that is not a valid label: the fabric relies on it to refuse a connection without a type.
    ...own({
      'connection-type': type === undefined ? '<invalid>' : (CONNECTION_TYPES[type] ?? ''),
      ...(vpc === '' ? {} : { vpc }),
    }),
    ...listed('switch', switchesOf(object)),
    ...listed('server', serversOf(object)),
  });
}

function canonicalMac(text: string): string {
  return /^[0-9a-f]{2}(?:[-:][0-9a-f]{2}){5}$/iu.test(text) ? text.toLowerCase().replaceAll('-', ':') : text;
}

function dhcpOptions(options: Tree): Tree | undefined {
  if (Object.keys(options).length === 0) return undefined;
  const routes = listAt(options, 'advertisedRoutes').toSorted((a, b) =>
    textAt(a, 'destination') < textAt(b, 'destination') ? -1 : 1,
  );
  return {
    ...options,
    dnsServers: textsAt(options, 'dnsServers').toSorted(),
    timeServers: textsAt(options, 'timeServers').toSorted(),
    interfaceMTU: options['interfaceMTU'] ?? 9036,
    leaseTimeSeconds: options['leaseTimeSeconds'] ?? 3600,
    ...(routes.length === 0 ? {} : { advertisedRoutes: routes }),
  };
}

function dhcp(given: Tree, subnet: string): Tree {
  const prefix = prefixOf(subnet);
  const fixed = given['static'];
  const reserved = isTree(fixed)
    ? { static: Object.fromEntries(Object.entries(fixed).map(([mac, value]) => [canonicalMac(mac), value])) }
    : {};
  if (given['enable'] !== true) return { ...without(given, 'range', 'options'), ...reserved };
  const options = dhcpOptions(treeAt(given, 'options'));
  const range: Draft = { ...treeAt(given, 'range') };
  if (prefix !== undefined) {
    range['start'] ??= addressText(prefix.first + 2);
    range['end'] ??= addressText(prefix.last);
  }
  return { ...without(given, 'options'), ...reserved, range, ...(options === undefined ? {} : { options }) };
}

function subnet(value: Value): Tree {
  const given = treeAt(value);
  const text = textAt(given, 'subnet');
  const prefix = prefixOf(text);
  const isHostBgp = given['hostBGP'] === true;
  const gateway: Tree =
    isHostBgp || prefix === undefined || addressOf(textAt(given, 'gateway')) !== undefined
      ? {}
      : { gateway: addressText(prefix.first + 1) };
  return { ...given, ...gateway, dhcp: dhcp(treeAt(given, 'dhcp'), text) };
}

export function fillVpc(object: Tree): Tree {
  const spec = specOf(object);
  const ipv4ns = textAt(spec, 'ipv4Namespace') || 'default';
  const vlanns = textAt(spec, 'vlanNamespace') || 'default';
  const subnets = Object.entries(treeAt(spec, 'subnets')).map(([name, value]) => [name, subnet(value)] as const);
  const filled = {
    ...spec,
    ipv4Namespace: ipv4ns,
    vlanNamespace: vlanns,
    ...('subnets' in spec ? { subnets: Object.fromEntries(subnets) } : {}),
  };
  return labelled(withSpec(object, filled), own({ ipv4ns, vlanns }));
}

export function fillVpcAttachment(object: Tree): Tree {
  const spec = specOf(object);
  const given = textAt(spec, 'subnet');
  const filled = { ...spec, ...(given !== '' && !given.includes('/') ? { subnet: `${given}/default` } : {}) };
  const next = withSpec(object, filled);
  const { vpc, subnet } = attachedTo(next);
  const isNative = spec['nativeVLAN'] === true;
  return labelled(
    next,
    own({ vpc, subnet, connection: textAt(spec, 'connection'), ...(isNative ? { nativevlan: 'true' } : {}) }),
  );
}

export function fillVpcPeering(object: Tree): Tree {
  const peers = peersOf(object).toSorted();
  const [vpc1, vpc2] = peers;
  const ends = { ...(vpc1 === undefined ? {} : { vpc1 }), ...(vpc2 === undefined ? {} : { vpc2 }) };
  return labelled(object, { ...own(ends), ...listed('vpc', peers) });
}

export function fillExternal(object: Tree): Tree {
  const ipv4ns = textAt(specOf(object), 'ipv4Namespace') || 'default';
  return labelled(withSpec(object, { ...specOf(object), ipv4Namespace: ipv4ns }), own({ ipv4ns }));
}

export function fillExternalAttachment(object: Tree): Tree {
  const spec = specOf(object);
  const filled = { ...spec, switch: treeAt(spec, 'switch'), neighbor: treeAt(spec, 'neighbor') };
  return labelled(
    withSpec(object, filled),
    own({ connection: textAt(spec, 'connection'), external: textAt(spec, 'external') }),
  );
}

export function fillExternalPeering(object: Tree): Tree {
  const permit = treeAt(specOf(object), 'permit');
  const vpc = treeAt(permit, 'vpc');
  const external = treeAt(permit, 'external');
  const prefixes = listAt(external, 'prefixes').toSorted((a, b) =>
    textAt(a, 'prefix') < textAt(b, 'prefix') ? -1 : 1,
  );
  const filled = {
    vpc: { ...vpc, ...sortedTexts(vpc, 'subnets') },
    external: { ...external, ...('prefixes' in external ? { prefixes } : {}) },
  };
  const next = withSpec(object, { ...specOf(object), permit: { ...permit, ...filled } });
  return labelled(next, own({ vpc: textAt(vpc, 'name'), external: textAt(external, 'name') }));
}
