/**
 * Names in a document are checked against the provider's catalogue in the plan: each field that names an object, wrong
 * in each way, for a server that is created, changed, replaced, or belongs to a pool. No request with an effect is
 * sent.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LABELS } from '../../../plugins/nodes/labels.ts';
import type { Ran, Whole } from './whole.ts';
import { startWhole } from './whole.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Spec = Readonly<Record<string, unknown>>;

const PLAIN: Spec = {
  serverType: 'cx23',
  image: 'debian-13',
  location: 'nbg1',
  readiness: { after: '1m' },
  readyGrace: '0s',
  idleGrace: '0s',
  drainGrace: '0s',
  workloads: { none: true },
};
/** Every field that names an object is declared, so that another value is a change. */
const FULL: Spec = {
  ...PLAIN,
  sshKeys: ['ops'],
  networks: [{ network: 'inside' }],
  firewalls: ['web'],
  placementGroup: 'spread',
};

function nodeYaml(spec: Spec, name = 'web-1'): string {
  return JSON.stringify({ apiVersion: 'nodes/v1', kind: 'Node', metadata: { name }, spec });
}

function poolYaml(size: number, { readiness, workloads, ...template }: Spec): string {
  const spec = { size, template: { ...template, readiness, workloads } };
  return JSON.stringify({ apiVersion: 'nodes/v1', kind: 'NodePool', metadata: { name: 'web' }, spec });
}

interface Made {
  readonly whole: Whole;
  /** IDs of an image of an arm server, and of one with a disk of 320 GB. */
  readonly arm: string;
  readonly large: string;
}

/** An account with one object of each kind that a document can name. */
async function account(): Promise<Made> {
  const whole = await startWhole();
  const { emulator } = whole;
  const headers = { authorization: `Bearer ${emulator.tokens.readWrite}`, 'content-type': 'application/json' };
  const make = async (path: string, body: object): Promise<number> => {
    const answer = await fetch(`${emulator.endpoint}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, `${path}: ${answer.ok ? '' : await answer.text()}`).toBe(true);
    const found = Object.values((await answer.json()) as Readonly<Record<string, { readonly id: number } | null>>);
    return found.find((each) => each !== null)?.id ?? 0;
  };
  emulator.seed({ name: 'other' });
  emulator.seed({ name: 'arm', type: 'cax11' });
  emulator.seed({ name: 'large', type: 'cx53' });
  const [other, arm, large] = ['other', 'arm', 'large'].map((name) => emulator.server(name).id);
  for (const [name, zone, range] of [
    ['inside', 'eu-central', '10.0.0.0/16'],
    ['second', 'eu-central', '10.1.0.0/16'],
    ['third', 'eu-central', '10.2.0.0/16'],
    ['fourth', 'eu-central', '10.3.0.0/16'],
    ['abroad', 'us-east', '10.4.0.0/16'],
  ] as const) {
    const id = await make('/networks', { name, ip_range: range });
    const subnet = range.replace('/16', '/24');
    await make(`/networks/${id}/actions/add_subnet`, { type: 'cloud', ip_range: subnet, network_zone: zone });
  }
  await make('/firewalls', { name: 'web' });
  await make('/ssh_keys', { name: 'ops', public_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ops' });
  await make('/volumes', { name: 'data', size: 10, location: 'nbg1' });
  await make('/volumes', { name: 'far', size: 10, location: 'fsn1' });
  await make('/volumes', { name: 'theirs', size: 10, location: 'nbg1', labels: { [LABELS.project]: 'blog' } });
  await make('/volumes', { name: 'taken', size: 10, server: other });
  await make('/placement_groups', { name: 'spread', type: 'spread' });
  const full = await make('/placement_groups', { name: 'full', type: 'spread' });
  for (let i = 0; i < 10; i += 1) {
    emulator.seed({ name: `full-member-${i}` });
    emulator.alter(`full-member-${i}`, { placementGroup: full });
  }
  const address = { assignee_type: 'server', auto_delete: false };
  await make('/primary_ips', { name: 'fixed', type: 'ipv4', location: 'nbg1', ...address });
  await make('/primary_ips', { name: 'fixed-far', type: 'ipv4', location: 'hel1', ...address });
  await make('/primary_ips', { name: 'fixed-six', type: 'ipv6', location: 'nbg1', ...address });
  await make(`/servers/${arm}/actions/create_image`, { type: 'snapshot' });
  await make(`/servers/${large}/actions/create_image`, { type: 'snapshot' });
  await whole.pass(HOUR);
  const snapshot = (server: number | undefined): string =>
    String([...emulator.cloud().images.values()].find(({ createdFrom }) => createdFrom?.id === server)?.id);
  emulator.set({ unavailable: ['cx43@nbg1', 'cx43@fsn1'] });
  return { whole, arm: snapshot(arm), large: snapshot(large) };
}

type Rule = 'not-in-catalogue' | 'not-available';

interface Wrong {
  readonly field: string;
  readonly way: string;
  readonly spec: (made: Made) => Spec;
  readonly says: RegExp;
  readonly rule?: Rule;
  /** Only the creation of a server depends on it. */
  readonly onlyNew?: true;
  /** Templates of pools do not have it. */
  readonly notInPools?: true;
}

const named = (
  field: string,
  of: (name: string) => Spec,
  right: string,
  more: Partial<Wrong> = {},
): readonly Wrong[] => [
  { field, way: 'unknown', spec: () => of(`${right}zz`), says: new RegExp(`no .* ${right}zz`, 'u'), ...more },
  {
    field,
    way: 'wrong case',
    spec: () => of(right.toUpperCase()),
    says: new RegExp(`did you mean \`${right}\``, 'u'),
    ...more,
  },
];

const WRONG: readonly Wrong[] = [
  ...named('serverType', (serverType) => ({ serverType }), 'cx23'),
  { field: 'serverType', way: 'deprecated', spec: () => ({ serverType: 'cx22' }), says: /has not been available/u },
  {
    field: 'serverType',
    way: 'sold out in that location',
    spec: () => ({ serverType: 'cx43' }),
    says: /not available in/u,
    rule: 'not-available',
  },
  {
    field: 'serverType',
    way: 'not sold in that location',
    spec: () => ({ location: 'ash' }),
    says: /not sold in ash/u,
    onlyNew: true,
  },
  ...named('image', (image) => ({ image }), 'debian-13'),
  { field: 'image', way: 'deprecated', spec: () => ({ image: 'ubuntu-20.04' }), says: /deprecated/u },
  { field: 'image', way: 'of another architecture', spec: ({ arm }) => ({ image: arm }), says: /is for arm/u },
  { field: 'image', way: 'too large', spec: ({ large }) => ({ image: large }), says: /needs a disk of 320 GB/u },
  ...named('location', (location) => ({ location }), 'nbg1', { onlyNew: true }),
  ...named('sshKeys', (key) => ({ sshKeys: [key] }), 'ops'),
  ...named('networks', (network) => ({ networks: [{ network }] }), 'inside'),
  {
    field: 'networks',
    way: 'of another zone',
    spec: () => ({ networks: [{ network: 'abroad' }] }),
    says: /no subnet in the zone eu-central/u,
  },
  {
    field: 'networks',
    way: 'too many',
    spec: () => ({ networks: ['inside', 'second', 'third', 'fourth'].map((network) => ({ network })) }),
    says: /at most 3 private networks/u,
  },
  ...named('firewalls', (firewall) => ({ firewalls: [firewall] }), 'web'),
  ...named('placementGroup', (placementGroup) => ({ placementGroup }), 'spread'),
  { field: 'placementGroup', way: 'full', spec: () => ({ placementGroup: 'full' }), says: /exceed its limit of 10/u },
  ...named('volumes', (volume) => ({ volumes: [volume] }), 'data', { notInPools: true }),
  { field: 'volumes', way: 'elsewhere', spec: () => ({ volumes: ['far'] }), says: /is in fsn1/u, notInPools: true },
  {
    field: 'volumes',
    way: 'attached to another server',
    spec: () => ({ volumes: ['taken'] }),
    says: /belongs to the server|is in nbg1/u,
    notInPools: true,
  },
  {
    field: 'volumes',
    way: 'of another project',
    spec: () => ({ volumes: ['theirs'] }),
    says: /label of the project blog/u,
    notInPools: true,
  },
  ...named('ipv4Address', (ipv4Address) => ({ publicNet: { ipv4Address } }), 'fixed', { onlyNew: true }),
  {
    field: 'ipv4Address',
    way: 'elsewhere',
    spec: () => ({ publicNet: { ipv4Address: 'fixed-far' } }),
    says: /is in hel1/u,
    onlyNew: true,
  },
  {
    field: 'ipv4Address',
    way: 'of the other version',
    spec: () => ({ publicNet: { ipv4Address: 'fixed-six' } }),
    says: /is an ipv6/u,
    onlyNew: true,
  },
];

interface Refused {
  readonly address: string;
  readonly step: string;
  readonly rule: string;
  readonly message: string;
}

function refusals({ reconciled, error }: Ran): readonly Refused[] {
  if (reconciled === undefined) throw new Error('no plan', { cause: error });
  return reconciled.plan.rejected_changes.flatMap(({ resource_change: row, reasons }) =>
    reasons.map(({ rule, message }) => ({ address: row.address, step: row.step, rule, message })),
  );
}

/** Runs, and checks that no request with an effect was sent, because of the wrong name. */
async function expectRefused(whole: Whole, { says, rule = 'not-in-catalogue' }: Wrong, kind: string): Promise<void> {
  const before = whole.emulator.requests().length;
  const ran = await whole.run();
  const found = refusals(ran).filter((each) => each.rule === rule && each.address.startsWith(`nodes/${kind}/`));
  expect(found.map(({ message }) => message).join('\n')).toMatch(says);
  const effects = whole.emulator
    .requests()
    .slice(before)
    .filter(({ method }) => method !== 'GET');
  expect(effects.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
}

const running: Whole[] = [];
afterEach(async () => {
  for (const whole of running.splice(0)) await whole.stop();
});

async function fresh(): Promise<Made> {
  const made = await account();
  running.push(made.whole);
  return made;
}

/** One account for all tests of a group: none of them has an effect. */
function shared(prepare: (made: Made) => Promise<void> = async () => undefined): () => Made {
  let made: Made | undefined;
  beforeAll(async () => {
    made = await account();
    await prepare(made);
  });
  afterAll(async () => made?.whole.stop());
  return () => {
    if (made === undefined) throw new Error('the server was not created yet');
    return made;
  };
}

/** Applies documents until no changes remain. */
async function settled(whole: Whole, yaml: string): Promise<void> {
  whole.write(yaml);
  for (let i = 0; i < 4; i += 1) {
    await whole.run();
    await whole.pass(HOUR);
  }
  const ran = await whole.run();
  expect(refusals(ran)).toEqual([]);
  expect(ran.reconciled?.plan.resource_changes).toEqual([]);
}

describe('a new server', () => {
  const one = shared();
  it.each(WRONG)('with $field $way is rejected', async (wrong) => {
    const made = one();
    made.whole.write(nodeYaml({ ...FULL, ...wrong.spec(made) }));
    await expectRefused(made.whole, wrong, 'Node');
  });
});

const OF_POOLS = WRONG.filter(({ notInPools }) => notInPools !== true);

describe('a new pool', () => {
  const one = shared();
  it.each(OF_POOLS)('with $field $way is rejected', async (wrong) => {
    const made = one();
    made.whole.write(poolYaml(2, { ...FULL, ...wrong.spec(made) }));
    await expectRefused(made.whole, wrong, 'NodePool');
  });
});

describe('a growing pool', () => {
  const one = shared(({ whole }) => settled(whole, poolYaml(1, FULL)));
  it.each(OF_POOLS)('by a template with $field $way is rejected', async (wrong) => {
    const made = one();
    made.whole.write(poolYaml(2, { ...FULL, ...wrong.spec(made) }));
    await expectRefused(made.whole, wrong, 'NodePool');
  });

  it('with more members than its placement group holds is rejected at once', async () => {
    const { whole } = await fresh();
    whole.write(poolYaml(12, FULL));
    await expectRefused(
      whole,
      { field: '', way: '', spec: () => ({}), says: /12 more would exceed its limit of 10/u },
      'NodePool',
    );
    whole.write(poolYaml(10, FULL));
    await settled(whole, poolYaml(10, FULL));
    expect([...whole.emulator.cloud().servers.values()].filter(({ name }) => name.startsWith('web-'))).toHaveLength(10);
  });
});

describe('an existing server', () => {
  const base = { ...FULL, volumes: ['data'] };
  const one = shared(async ({ whole }) => {
    await settled(whole, nodeYaml(base));
    whole.lift('destroys-data@nodes/Node/web-1');
  });

  it.each(WRONG.filter(({ onlyNew }) => onlyNew !== true))('is not changed for $field $way', async (wrong) => {
    const made = one();
    made.whole.write(nodeYaml({ ...base, ...wrong.spec(made) }));
    await expectRefused(made.whole, wrong, 'Node');
  });
});

describe('a server that requires a replacement', () => {
  const base = { ...FULL, volumes: [] };
  const one = shared(async ({ whole }) => {
    await settled(whole, nodeYaml(base));
    whole.lift('destroys-data@nodes/Node/web-1');
  });

  it.each(WRONG)('is not drained for a replacement with $field $way', async (wrong) => {
    const made = one();
    const spec = wrong.spec(made);
    made.whole.write(nodeYaml({ ...base, location: 'fsn1', ...spec }));
    const { says } = wrong;
    const elsewhere = wrong.field === 'ipv4Address' || wrong.field === 'volumes';
    const refused = wrong.field === 'volumes' && wrong.way === 'elsewhere';
    // A volume in another location is in the location of the new server.
    if (refused) return;
    await expectRefused(
      made.whole,
      elsewhere ? { ...wrong, says: new RegExp(`${says.source}|is in`, 'u') } : wrong,
      'Node',
    );
  });

  it('is replaced with valid names, so the rejections above are caused by the wrong one', async () => {
    const made = one();
    const before = made.whole.emulator.server('web-1').id;
    await made.whole.pass(HOUR);
    made.whole.write(nodeYaml({ ...base, location: 'fsn1' }));
    for (let i = 0; i < 6 && made.whole.emulator.cloud().servers.has(before); i += 1) {
      await made.whole.run();
      await made.whole.pass(10 * MINUTE);
    }
    expect(made.whole.emulator.cloud().servers.has(before)).toBe(false);
    await made.whole.run();
    expect(made.whole.emulator.server('web-1').id).not.toBe(before);
  });
});

describe('between the plan and the step', () => {
  it('a type that sells out keeps the old server: at the drain, and at the deletion', async () => {
    const { whole } = await fresh();
    await settled(whole, nodeYaml({ ...FULL, serverType: 'cx33' }));
    whole.lift('destroys-data@nodes/Node/web-1');
    // A smaller disk requires another server.
    whole.write(nodeYaml(FULL));
    whole.emulator.set({ unavailable: ['cx23@nbg1'] });
    expect(refusals(await whole.run()).map(({ step, rule }) => [step, rule])).toEqual([
      ['ready>draining', 'not-available'],
    ]);
    whole.emulator.set({ unavailable: [] });
    await whole.pass(MINUTE);
    expect([...(await whole.run()).rows.values()].map(({ status }) => status)).toEqual(['done']);
    await whole.pass(HOUR);
    const id = whole.emulator.server('web-1').id;
    whole.emulator.set({ unavailable: ['cx23@nbg1'] });
    const refused = refusals(await whole.run()).map(({ step, rule }) => [step, rule]);
    expect(refused).toEqual([['draining>decommissioned', 'not-available']]);
    expect(whole.emulator.cloud().servers.has(id)).toBe(true);
  });

  it('an unreadable catalogue is a gap for the resources that need it, and creates nothing', async () => {
    const { whole } = await fresh();
    await settled(whole, nodeYaml(FULL));
    const fail = { kind: 'error', status: 403, code: 'forbidden' } as const;
    whole.emulator.inject({ method: 'GET', path: '/images', times: Infinity, mishap: fail });
    whole.write(`${nodeYaml(FULL)}\n---\n${nodeYaml(FULL, 'web-2')}`);
    const before = whole.emulator.requests().length;
    const ran = await whole.run();
    expect(ran.reconciled?.plan.gaps.map(({ scope }) => scope)).toEqual(['nodes/Node/web-2']);
    expect(ran.reconciled?.plan.resource_changes).toEqual([]);
    const methods = whole.emulator
      .requests()
      .slice(before)
      .map(({ method }) => method);
    expect(new Set(methods)).toEqual(new Set(['GET']));
  });
});
