/** Permissions of `fettle serve`: the host permits rows, and a project can only narrow that. */

import { describe, expect, test } from 'vitest';
import {
  isPermitted,
  isUnattended,
  permittedCauses,
  type Permission,
  type Permissions,
} from '../../src/engine/permission.ts';
import {
  type Action,
  type Cause,
  type Change,
  digestOf,
  type DriftSeverity,
  type Goal,
  type Judgement,
  type Resource,
  type Step,
} from '#plugin';

interface Given {
  readonly plugin?: string;
  readonly kind?: string;
  readonly step?: Step;
  readonly goal?: Goal;
  readonly cause?: Cause;
  readonly drifted?: readonly string[];
  readonly overridden?: string;
  readonly fields?: readonly object[];
  readonly edits?: readonly object[];
  readonly files?: readonly object[];
}

function action(given: Given = {}): Action {
  const { plugin = 'certificates', kind = 'Certificate', step = 'expiring_soon>renewing', goal = 'update' } = given;
  const change = {
    ref: { plugin, kind, name: 'a' },
    step,
    goal,
    cause: given.cause ?? 'time',
    drifted: given.drifted,
    fields: given.fields ?? [],
  };
  const judgement = { rule: 'budget', ...(given.overridden === undefined ? {} : { overridden: given.overridden }) };
  return {
    change: change as unknown as Change,
    judgements: [judgement as Judgement],
    edits: given.edits,
    covers: { files: given.files ?? [] },
  } as unknown as Action;
}

const renewals: Permission = { plugin: 'certificates', steps: ['expiring_soon>renewing'], causes: ['time'] };
const hostOnly: Permissions = { host: [renewals], project: undefined };

describe('a row', () => {
  test.each<[string, Given, Partial<Permissions>, boolean]>([
    ['that the host permits', {}, {}, true],
    ['without any permission', {}, { host: [] }, false],
    ['of another plugin', { plugin: 'nodes' }, {}, false],
    ['of another step', { step: 'absent>normal' }, {}, false],
    ['of another cause', { cause: 'edit' }, {}, false],
    ['of a kind that the host does not name', {}, { host: [{ ...renewals, kinds: ['Issuer'] }] }, false],
    ['of a kind that the host names', {}, { host: [{ ...renewals, kinds: ['Certificate'] }] }, true],
    ['that removes', { goal: 'remove' }, {}, false],
    ['that replaces', { goal: 'replace' }, {}, false],
    ['that removes, if removals are named', { goal: 'remove' }, { host: [{ ...renewals, removals: true }] }, true],
    ['that the project does not permit', {}, { project: [] }, false],
    ['that the project permits too', {}, { project: [renewals] }, true],
    [
      'that the project permits alone',
      { step: 'absent>normal' },
      { project: [{ ...renewals, steps: ['absent>normal'] }] },
      false,
    ],
    [
      'that removes, if only the project names removals',
      { goal: 'remove' },
      { project: [{ ...renewals, removals: true }] },
      false,
    ],
    ['that renews and shows an edit', { fields: [{ path: '/a' }] }, {}, false],
    ['that renews and carries an edit', { edits: [{ path: '/a' }] }, {}, false],
    [
      'that renews and carries a permitted edit',
      { edits: [{ path: '/a' }] },
      { host: [{ ...renewals, causes: ['time', 'edit'] }] },
      true,
    ],
    ['that heals drift', { cause: 'drift' }, {}, false],
    ['that heals drift in addition to its cause', { drifted: ['/mode'] }, {}, false],
  ])('%s', (_name, given, permissions, expected) => {
    expect(isPermitted(action(given), { ...hostOnly, ...permissions }, undefined)).toBe(expected);
    expect(isUnattended(action(given), { ...hostOnly, ...permissions }, undefined)).toBe(expected);
  });

  const heals: Permission = { ...renewals, causes: ['time', 'drift'] };
  const all: Permission = { ...renewals, causes: ['time', 'edit', 'drift'] };
  const drift: Given = { cause: 'drift', fields: [{ path: '/mode' }] };

  test.each<
    [string, Given, readonly Permission[], readonly Permission[] | undefined, DriftSeverity | undefined, boolean]
  >([
    ['low drift', drift, [heals], undefined, 'low', true],
    ['medium drift', drift, [heals], undefined, 'medium', true],
    ['high drift', drift, [heals], undefined, 'high', false],
    ['critical drift', drift, [heals], undefined, 'critical', false],
    ['drift of a kind without severities', drift, [heals], undefined, undefined, false],
    ['low drift that the host does not name', drift, [renewals], undefined, 'low', false],
    ['low drift that the project leaves out', drift, [heals], [renewals], 'low', false],
    ['low drift that both name', drift, [heals], [heals], 'low', true],
    ['low drift with an edit', { ...drift, edits: [{ path: '/a' }] }, [heals], undefined, 'low', false],
    ['low drift with a permitted edit', { ...drift, edits: [{ path: '/a' }] }, [all], undefined, 'low', true],
    ['low drift in addition to its cause', { drifted: ['/mode'] }, [heals], undefined, 'low', true],
    ['low drift in addition to a cause alone', { drifted: ['/mode'] }, [renewals], undefined, 'low', false],
    ['high drift in addition to its cause', { drifted: ['/mode'] }, [heals], undefined, 'high', false],
  ])('that heals %s', (_name, given, host, inProject, severity, expected) => {
    const kind = severity === undefined ? {} : { driftSeverity: () => severity };
    const resource = { kind } as unknown as Resource;
    expect(isPermitted(action(given), { host, project: inProject }, resource)).toBe(expected);
    expect(isUnattended(action(given), { host, project: inProject }, resource)).toBe(expected);
  });

  /** A resource whose document and last applied spec are these. */
  function resourceOf(desired: object, applied: object): Resource {
    return {
      kind: { driftSeverity: () => 'low' },
      desired: { spec: desired, needs: [], meta: { lifecycle: { ignore: [] } } },
      memory: { applied },
      sight: { is: 'absent' },
    } as unknown as Resource;
  }

  const mode = { fields: [{ path: '/mode', before: '0644', after: '0600' }] };
  const spec = { mode: '0600' };
  const timeAndEdit: Permission = { ...renewals, causes: ['time', 'edit'] };

  test.each<[string, Given, Resource, readonly Permission[], boolean]>([
    ['restores a field that the last apply had', mode, resourceOf(spec, { spec }), [timeAndEdit], false],
    ['restores it, with the cause drift', mode, resourceOf(spec, { spec }), [all], true],
    ['applies an edit', mode, resourceOf(spec, { spec: { mode: '0644' } }), [timeAndEdit], true],
    ['has no differences', {}, resourceOf(spec, { spec }), [renewals], true],
    ['is of another spec, too large for the log', {}, resourceOf(spec, { digest: 'sha256:0' }), [renewals], false],
    ['is of that spec, with the cause edit', {}, resourceOf(spec, { digest: 'sha256:0' }), [timeAndEdit], true],
    ['is of that spec and shows differences', mode, resourceOf(spec, { digest: 'sha256:0' }), [timeAndEdit], false],
    ['is of the same spec, too large for the log', {}, resourceOf(spec, { digest: digestOf(spec) }), [renewals], true],
  ])('of a renewal that %s', (_name, given, resource, host, expected) => {
    expect(isPermitted(action(given), { host, project: undefined }, resource)).toBe(expected);
  });

  const script = { path: 'scripts/reload.sh', use: 'run', digest: 'sha256:1' };
  const outside = { path: '/usr/bin/reload', use: 'send', digest: 'sha256:2' };
  const approved = (digests: object | undefined): Resource => ({ memory: { digests } }) as unknown as Resource;

  test.each<[string, Given, Resource | undefined, readonly Permission[], boolean]>([
    ['as approved', { files: [script] }, approved({ 'scripts/reload.sh': 'sha256:1' }), [renewals], true],
    ['edited', { files: [script] }, approved({ 'scripts/reload.sh': 'sha256:0' }), [renewals], false],
    ['edited, with the cause edit', { files: [script] }, approved({}), [timeAndEdit], true],
    ['added', { files: [script] }, approved({ other: 'sha256:1' }), [renewals], false],
    ['of a log without digests', { files: [script] }, approved(undefined), [renewals], false],
    ['of a new resource, by another resource', { files: [script], cause: 'time' }, undefined, [renewals], false],
    ['not read', { files: [{ ...script, digest: undefined }] }, approved({}), [renewals], false],
    ['outside of the repository', { files: [outside] }, approved(undefined), [renewals], true],
    [
      'edited, in a removal',
      { files: [script], cause: 'orphan' },
      approved({}),
      [{ ...renewals, causes: ['orphan'] }],
      false,
    ],
    ['of a new document', { files: [script], cause: 'new' }, undefined, [{ ...renewals, causes: ['new'] }], true],
  ])('with a file of the repository %s', (_name, given, resource, host, expected) => {
    expect(isPermitted(action(given), { host, project: undefined }, resource)).toBe(expected);
  });

  test('with a file that was approved with the pool that its server belongs to', () => {
    const row = { ...action({ files: [script], cause: 'time' }), follows: 'nodes/NodePool/pool' };
    const permissions = { host: [renewals], project: undefined };
    const pool = (digest: string): ReadonlyMap<string, Resource> =>
      new Map([['nodes/NodePool/pool', approved({ 'scripts/reload.sh': digest })]]);
    expect(isUnattended(row, permissions, undefined, pool('sha256:1'))).toBe(true);
    expect(isUnattended(row, permissions, approved({}), pool('sha256:0'))).toBe(false);
  });

  test('with a file that was approved with a resource that its own one needs', () => {
    const needs = [{ plugin: 'certificates', kind: 'Issuer', name: 'ca' }];
    const resource = { desired: { spec, needs, meta: { lifecycle: { ignore: [] } } } } as unknown as Resource;
    const row = action({ files: [script], cause: 'time' });
    const issuer = (digest: string): ReadonlyMap<string, Resource> =>
      new Map([['certificates/Issuer/ca', approved({ 'scripts/reload.sh': digest })]]);
    const permissions = { host: [renewals], project: undefined };
    expect(isPermitted(row, permissions, resource, issuer('sha256:1'))).toBe(true);
    expect(isPermitted(row, permissions, resource, issuer('sha256:0'))).toBe(false);
  });

  test('that uses an edited document of another resource needs the cause edit', () => {
    const needs = [{ plugin: 'certificates', kind: 'Issuer', name: 'ca' }];
    const resource = { desired: { spec, needs, meta: { lifecycle: { ignore: [] } } } } as unknown as Resource;
    const issuer = (applied: object): ReadonlyMap<string, Resource> =>
      new Map([['certificates/Issuer/ca', resourceOf(spec, { spec: applied })]]);
    const permitted = (host: Permission, resources: ReadonlyMap<string, Resource>): boolean =>
      isPermitted(action(), { host: [host], project: undefined }, resource, resources);
    expect(permitted(renewals, issuer(spec))).toBe(true);
    expect(permitted(renewals, issuer({ mode: '0644' }))).toBe(false);
    expect(permitted(timeAndEdit, issuer({ mode: '0644' }))).toBe(true);
  });

  test('that heals drift whose severity cannot be found is left to a person', () => {
    const driftSeverity = (): never => {
      throw new Error('broken');
    };
    const resource = { kind: { driftSeverity } } as unknown as Resource;
    expect(isPermitted(action(drift), { host: [heals], project: undefined }, resource)).toBe(false);
  });

  test('that needs an override is left to a person', () => {
    expect(isPermitted(action({ overridden: 'weekend' }), hostOnly, undefined)).toBe(true);
    expect(isUnattended(action({ overridden: 'weekend' }), hostOnly, undefined)).toBe(false);
  });
});

test.each<[Permissions, readonly Cause[] | undefined]>([
  [{ host: [], project: undefined }, undefined],
  [hostOnly, ['time']],
  [
    {
      host: [
        { ...renewals, causes: ['time', 'edit'] },
        { ...renewals, causes: ['new'] },
      ],
      project: undefined,
    },
    ['time', 'edit', 'new'],
  ],
  [{ host: [{ ...renewals, causes: ['time', 'edit'] }], project: [renewals] }, ['time']],
  [{ host: [renewals], project: [] }, undefined],
])('causes of %j', (permissions, causes) => {
  const found = permittedCauses(permissions);
  expect(found === undefined ? undefined : [...found]).toEqual(causes);
});
