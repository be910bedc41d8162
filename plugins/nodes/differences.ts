/** Differences between a server and its document, by the operation that removes them. */

import { defined, escapePointer, type FieldChange, type Json, sameJson } from '#plugin';
import type { NodeFacts } from './facts.ts';
import type { NodeMemory, NodeSpec } from './generated.ts';
import { LABELS, labelValue } from './labels.ts';
import { sshKeysDigest, userDataDigest } from './note.ts';
import type { Named } from './world.ts';

export interface Differences {
  /** Protection at the provider that the step lifts. */
  readonly lift: readonly FieldChange[];
  /** Changes without an interruption. */
  readonly inPlace: readonly FieldChange[];
  /** Changes that need the power off. */
  readonly cycle: readonly FieldChange[];
  /** Another image on the same server, which destroys its disk. */
  readonly rebuild: readonly FieldChange[];
  /** Turning backups off, which deletes all of them. */
  readonly endBackups: readonly FieldChange[];
  /** Changes that need another server. */
  readonly replace: readonly FieldChange[];
}

function differs(path: string, before: Json, after: Json): readonly FieldChange[] {
  return sameJson(before, after) ? [] : [{ path, before, after }];
}

/** True if an object is the one that a document names, by its name or its id. */
export function isNamed({ id, name }: Named, wanted: string): boolean {
  return name === wanted || String(id) === wanted;
}

/** Labels that the server should have: those of the document, and the plugin's own. */
export function wantedLabels(
  spec: Pick<NodeSpec, 'labels' | 'role' | 'pool'>,
  project: string,
): Readonly<Record<string, string>> {
  return {
    ...spec.labels,
    [LABELS.project]: project,
    ...(spec.role === 'system' ? { [LABELS.role]: 'system' } : {}),
    ...(spec.pool === undefined ? {} : { [LABELS.pool]: labelValue(spec.pool) }),
  };
}

/** Removes labels that the document no longer declares. Labels from other programs stay. */
function labelFields(spec: NodeSpec, facts: NodeFacts, written: readonly string[]): readonly FieldChange[] {
  const have = facts.labels ?? {};
  const want = wantedLabels(spec, facts.project ?? '');
  const gone = [...written, LABELS.role, LABELS.pool].filter((key) => !(key in want) && key in have);
  return [...new Set([...Object.keys(want), ...gone])].sort().flatMap((key) => {
    const [before, after] = [have[key], want[key]];
    if (before === after) return [];
    return [
      defined({
        path: `/labels/${escapePointer(key)}`,
        before,
        after,
      }),
    ];
  });
}

/** Compares a list of names; another name of the same object is equal. */
function namesField(
  path: string,
  have: readonly Named[] | undefined,
  want: readonly string[] | undefined,
): readonly FieldChange[] {
  if (want === undefined || have === undefined) return [];
  const same = have.length === want.length && want.every((name) => have.some((each) => isNamed(each, name)));
  return same ? [] : [{ path, before: have.map(({ name }) => name).sort(), after: want }];
}

function networksField(spec: NodeSpec, facts: NodeFacts): readonly FieldChange[] {
  const { networks: want } = spec;
  const { networks: have } = facts;
  if (want === undefined || have === undefined) return [];
  const same =
    have.length === want.length &&
    want.every(({ network, ip, aliasIps }) => {
      const there = have.find((each) => isNamed(each.network, network));
      return (
        there !== undefined &&
        (ip === undefined || ip === there.ip) &&
        sameJson(aliasIps.toSorted(), there.aliasIps.toSorted())
      );
    });
  if (same) return [];
  const before = have.map(({ network, ip, aliasIps }) => ({ network: network.name, ip, aliasIps }));
  return [{ path: '/networks', before, after: want }];
}

/** True if a server type needs another server: its disk is smaller, or its architecture differs. */
function typeField(spec: NodeSpec, facts: NodeFacts): { readonly field?: FieldChange; readonly another: boolean } {
  const { serverType } = spec;
  if (serverType === undefined || serverType === facts.serverType) return { another: false };
  const { wanted_type: wantedType, disk_gb: diskGb = 0, architecture } = facts;
  const another =
    wantedType !== undefined &&
    (wantedType.disk_gb < diskGb || (architecture !== undefined && wantedType.architecture !== architecture));
  return { field: { path: '/serverType', before: facts.serverType ?? null, after: serverType }, another };
}

function imageField(spec: NodeSpec, facts: NodeFacts): readonly FieldChange[] {
  // An image that no longer exists at the provider cannot be compared.
  if (spec.image === undefined || facts.image === undefined || isNamed(facts.image, spec.image)) return [];
  return spec.onImageChange === 'ignore' ? [] : [{ path: '/image', before: facts.image.name, after: spec.image }];
}

function addressFields(spec: NodeSpec, facts: NodeFacts): readonly FieldChange[] {
  const { ipv4, ipv6 } = spec.publicNet;
  return [
    ...differs('/publicNet/ipv4', facts.ipv4 !== undefined, ipv4),
    ...differs('/publicNet/ipv6', facts.ipv6 !== undefined, ipv6),
  ];
}

/** Differences of fields that the provider does not report, from the recorded values at the creation. */
function madeFields(spec: NodeSpec, facts: NodeFacts, kept: Partial<NodeMemory>): readonly FieldChange[] {
  const userData = userDataDigest(spec, facts);
  return [
    ...(kept.sshKeys === undefined || kept.sshKeys === sshKeysDigest(spec)
      ? []
      : [{ path: '/sshKeys', after: spec.sshKeys }]),
    ...(kept.userData === undefined || userData === undefined || kept.userData === userData
      ? []
      : [{ path: spec.userDataFile === undefined ? '/userData' : '/userDataFile', secret: true as const }]),
  ];
}

function protectionFields(spec: NodeSpec, facts: NodeFacts): readonly FieldChange[] {
  const { protection: want } = spec;
  const have = facts.protection;
  if (want === undefined || have === undefined || (have.delete === want && have.rebuild === want)) return [];
  return [{ path: '/protection', before: have.delete === have.rebuild ? have.delete : !want, after: want }];
}

export function differencesOf(name: string, spec: NodeSpec, facts: NodeFacts, kept: Partial<NodeMemory>): Differences {
  const protection = protectionFields(spec, facts);
  const backups =
    spec.backups === undefined || facts.backups === undefined ? [] : differs('/backups', facts.backups, spec.backups);
  const type = typeField(spec, facts);
  const typeFields = type.field === undefined ? [] : [type.field];
  const image = imageField(spec, facts);
  const group = facts.placementGroup;
  return {
    lift: spec.protection === false ? protection : [],
    inPlace: [
      ...differs('/name', facts.name ?? name, name),
      ...labelFields(spec, facts, kept.labels ?? []),
      ...(spec.protection === true ? protection : []),
      ...(spec.backups === true ? backups : []),
      ...networksField(spec, facts),
      ...namesField('/firewalls', facts.firewalls, spec.firewalls),
      ...namesField('/volumes', facts.volumes, spec.volumes),
    ],
    cycle: [
      ...(type.another ? [] : typeFields),
      // A larger disk cannot be undone, and the row says so.
      ...(type.another || type.field === undefined || !spec.upgradeDisk ? [] : [{ path: '/upgradeDisk', after: true }]),
      ...(spec.placementGroup === undefined || (group !== undefined && isNamed(group, spec.placementGroup))
        ? []
        : [{ path: '/placementGroup', before: group?.name ?? null, after: spec.placementGroup }]),
    ],
    rebuild: spec.onImageChange === 'rebuild' ? image : [],
    endBackups: spec.backups === false ? backups : [],
    replace: [
      ...(type.another ? typeFields : []),
      ...(spec.onImageChange === 'replace' ? image : []),
      ...(spec.location === undefined ? [] : differs('/location', facts.location ?? null, spec.location)),
      ...addressFields(spec, facts),
      ...madeFields(spec, facts, kept),
    ],
  };
}
