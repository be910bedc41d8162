/** Served compared with stored certificates: the status of each address, its findings, and the due time of a reload. */

import { resourceWith } from '../../support/resource.ts';
import { describe, expect, test } from 'vitest';
import type { DomainResource } from '../../../plugins/certificates/diff.ts';
import { diffCertificate } from '../../../plugins/certificates/diff.ts';
import type { AddressFacts, CertificateFacts } from '../../../plugins/certificates/facts.ts';
import type { CertificateMemory, CertificateSpec, DomainSpec } from '../../../plugins/certificates/generated.ts';
import { domainFindings } from '../../../plugins/certificates/note.ts';
import {
  certificateMatters,
  reloadDue,
  serversOf,
  servesOf,
  shownFor,
  shownText,
} from '../../../plugins/certificates/served.ts';
import type { Resource } from '#plugin';
import {
  certificateResource,
  type AnyCertificateResource,
  DAY,
  NOW,
  desiredOf,
  domainSpec,
  fingerprint,
  issuerResource,
  observedOf,
  refOf,
  sceneOf,
} from './support.ts';

const STORED = fingerprint('c');
const BEFORE = fingerprint('b');
const OTHER = fingerprint('e');
const began = (days: number): string => new Date(NOW - days * DAY).toISOString();

const reload = { command: ['reload'], timeoutSeconds: 60 };
const RELOADED: Partial<CertificateSpec> = { reload };

function certificate(
  kept: Partial<CertificateMemory> = {},
  spec: Partial<CertificateSpec> = RELOADED,
  facts: Partial<CertificateFacts> = {},
): AnyCertificateResource {
  return certificateResource({ kept, spec, facts });
}

const served = (address: string, print: string, days = 10, more: Partial<AddressFacts> = {}): AddressFacts => ({
  address,
  fingerprint: print,
  not_before: began(days),
  chain: [print],
  ...more,
});
const down = (address: string): AddressFacts => ({ address, error: 'refused', message: 'connection refused' });

function domain(
  addresses: readonly AddressFacts[] | undefined,
  spec: Partial<DomainSpec> = {},
  name = 'd',
): DomainResource {
  return resourceWith({
    ref: refOf('Domain', name),
    desired: desiredOf('Domain', name, domainSpec({ certificate: 'www', ...spec })),
    observed: observedOf('Domain', name, 'issued', addresses === undefined ? {} : { addresses }),
  });
}

const scene = (...resources: readonly Resource[]) => sceneOf([issuerResource(), ...resources]);

describe('the certificate at an address', () => {
  const stored = { fingerprint: STORED, not_before: began(10), former: [BEFORE] };
  test.each<readonly [string, Partial<AddressFacts>, string]>([
    ['the stored one', { fingerprint: STORED, not_before: began(10) }, 'stored'],
    ['one that was stored before', { fingerprint: BEFORE, not_before: began(80) }, 'older'],
    ['one that was stored before, of other names', { fingerprint: BEFORE, error: 'wrong-name' }, 'older'],
    ['one for the host that began before', { fingerprint: OTHER, not_before: began(11) }, 'older'],
    ['an expired one for the host', { fingerprint: OTHER, not_before: began(100), error: 'expired' }, 'older'],
    ['one for the host that began at the same time', { fingerprint: OTHER, not_before: began(10) }, 'other'],
    ['one for the host that began later', { fingerprint: OTHER, not_before: began(1) }, 'other'],
    ['one of another host, however old', { fingerprint: OTHER, not_before: began(99), error: 'wrong-name' }, 'other'],
    ['nothing', { error: 'refused' }, 'nothing'],
  ])('%s', (_name, facts, expected) => {
    expect(servesOf(facts, stored)).toBe(expected);
  });
});

describe('findings', () => {
  const find = (resource: DomainResource, ...others: readonly Resource[]) =>
    domainFindings(resource, scene(resource, ...others)).map(
      ({ code, severity, message }) => `${severity} ${code}: ${message}`,
    );

  test.each<readonly [string, DomainResource, readonly string[]]>([
    ['the stored one everywhere', domain([served('192.0.2.1', STORED), served('192.0.2.2', STORED)]), []],
    [
      'an older one at its only address',
      domain([served('192.0.2.1', BEFORE, 80)]),
      ['error served-older-than-stored: serves sha256:bbbbbbbbbbbb, and sha256:cccccccccccc is stored as www'],
    ],
    [
      'an older one at all of them',
      domain([served('192.0.2.1', BEFORE, 80), served('192.0.2.2', BEFORE, 80)]),
      [
        'error served-older-than-stored: 192.0.2.1, 192.0.2.2 serve sha256:bbbbbbbbbbbb, and sha256:cccccccccccc is stored as www',
      ],
    ],
    [
      'an older one at one of them',
      domain([served('192.0.2.1', STORED), served('192.0.2.2', BEFORE, 80), down('192.0.2.3')]),
      [
        'error stale-address: 192.0.2.2 serves sha256:bbbbbbbbbbbb, and sha256:cccccccccccc is stored as www and served at 192.0.2.1',
      ],
    ],
    [
      'something else',
      domain([served('192.0.2.1', OTHER, 1)]),
      ['warning served-other: serves sha256:eeeeeeeeeeee, and sha256:cccccccccccc is stored as www'],
    ],
    [
      'three kinds at once',
      domain([served('192.0.2.1', STORED), served('192.0.2.2', BEFORE, 80), served('192.0.2.3', OTHER, 1)]),
      [
        'error stale-address: 192.0.2.2 serves sha256:bbbbbbbbbbbb, and sha256:cccccccccccc is stored as www and served at 192.0.2.1',
        'warning served-other: 192.0.2.3 serves sha256:eeeeeeeeeeee, and sha256:cccccccccccc is stored as www',
      ],
    ],
    ['nothing', domain([down('192.0.2.1')]), []],
    ['not probed', domain(undefined), []],
    ['somebody else’s', domain([served('192.0.2.1', OTHER, 1)], { tlsMode: 'passthrough' }), []],
  ])('%s', (_name, resource, expected) => {
    expect(find(resource, certificate())).toEqual(expected);
  });

  test('there is none if no usable pair is stored, or none is named', () => {
    const resource = domain([served('192.0.2.1', BEFORE, 80)]);
    expect(find(resource)).toEqual([]);
    expect(find(resource, certificate({}, {}, { usable: false }))).toEqual([]);
    const { certificate: _named, ...unnamed } = resource.desired?.spec ?? ({} as DomainSpec);
    expect(find(resourceWith({ ...resource, desired: desiredOf('Domain', 'd', unnamed) }), certificate())).toEqual([]);
  });

  describe('chains', () => {
    const SUB = fingerprint('5');
    const withSub = certificate({}, {}, { intermediates: [SUB], chain_length: 3 });
    const missingIssuer = { name: 'CN=Sub CA', published: true };
    test.each<readonly [string, DomainResource, Resource, readonly string[]]>([
      ['whole', domain([served('192.0.2.1', STORED, 10, { chain: [STORED, SUB] })]), withSub, []],
      [
        'without what is stored with it',
        domain([served('192.0.2.1', STORED)]),
        withSub,
        ['error chain-incomplete: does not send 1 of the 1 intermediate certificates that are stored with it'],
      ],
      [
        'without it at one address',
        domain([served('192.0.2.1', STORED, 10, { chain: [STORED, SUB] }), served('192.0.2.2', STORED)]),
        withSub,
        [
          'error chain-incomplete: at 192.0.2.2: does not send 1 of the 1 intermediate certificates that are stored with it',
        ],
      ],
      [
        'of another certificate, which says where its issuer is to be had',
        domain([served('192.0.2.1', STORED, 10, { missing_issuer: missingIssuer })]),
        certificate(),
        ['error chain-incomplete: does not send CN=Sub CA'],
      ],
      [
        'that can lead to an unknown authority',
        domain([served('192.0.2.1', STORED, 10, { missing_issuer: { ...missingIssuer, published: false } })]),
        certificate(),
        [],
      ],
      ['that is not verified', domain([served('192.0.2.1', STORED)], { verify: false }), withSub, []],
    ])('%s', (_name, resource, other, expected) => {
      expect(find(resource, other)).toEqual(expected);
    });
  });
});

describe('a reload', () => {
  const due = (resource: AnyCertificateResource, ...domains: readonly Resource[]) =>
    reloadDue(resource, scene(resource, ...domains));
  const done = { reloaded: STORED };

  test.each<readonly [string, AnyCertificateResource, readonly Resource[], string | undefined]>([
    ['was done', certificate(done), [], undefined],
    ['was done, and everything serves it', certificate(done), [domain([served('192.0.2.1', STORED)])], undefined],
    ['was never done', certificate(), [], 'the servers have not been reloaded since the certificate was stored'],
    [
      'was done for another one',
      certificate({ reloaded: BEFORE }),
      [],
      'the servers have not been reloaded since the certificate was stored',
    ],
    ['was not done, and everything serves it', certificate(), [domain([served('192.0.2.1', STORED)])], undefined],
    [
      'was not done, and what serves something else may have to read it first',
      certificate(),
      [domain([served('192.0.2.1', OTHER, 1)])],
      'the servers have not been reloaded since the certificate was stored',
    ],
    [
      'was not done, and nothing answers',
      certificate(),
      [domain([down('192.0.2.1')])],
      'the servers have not been reloaded since the certificate was stored',
    ],
    [
      'was done, and an older one is served',
      certificate(done),
      [domain([served('192.0.2.1', STORED), served('192.0.2.2', BEFORE, 80)])],
      'www.example.test:443 (192.0.2.2) still serves the previous certificate',
    ],
    [
      'was done, and older ones are served at many places',
      certificate(done),
      [domain(['1', '2', '3', '4', '5'].map((n) => served(`192.0.2.${n}`, BEFORE, 80)))],
      'www.example.test:443 (192.0.2.1), www.example.test:443 (192.0.2.2), www.example.test:443 (192.0.2.3) and 2 more still serve the previous certificate',
    ],
    [
      'would do nothing: something else is served',
      certificate(done),
      [domain([served('192.0.2.1', OTHER, 1)])],
      undefined,
    ],
    ['is not due without a way to do it', certificate({}, {}), [domain([served('192.0.2.1', BEFORE, 80)])], undefined],
    [
      'is asked of a command that deploys',
      certificate(done, { deploy: { command: ['push'], timeoutSeconds: 60 } }),
      [domain([served('192.0.2.1', BEFORE, 80)])],
      'www.example.test:443 (192.0.2.1) still serves the previous certificate',
    ],
    ['is not for what cannot be used', certificate({}, RELOADED, { usable: false }), [], undefined],
    [
      'is not for a Domain of somebody else',
      certificate(done),
      [domain([served('192.0.2.1', BEFORE, 80)], { certificate: 'other' })],
      undefined,
    ],
  ])('%s', (_name, resource, domains, because) => {
    expect(due(resource, ...domains)?.because).toBe(because);
    const proposal = diffCertificate(resource, scene(resource, ...domains));
    if (because === undefined) expect(proposal).toBeUndefined();
    else expect(proposal).toEqual({ step: 'normal>normal', goal: 'update', because, cause: 'progress' });
  });

  test('must be served by the addresses that were behind, and by no others', () => {
    const resource = domain([served('192.0.2.1', STORED), served('192.0.2.2', BEFORE, 80), down('192.0.2.3')]);
    expect(due(certificate(done), resource)?.places.map(({ address }) => address)).toEqual(['192.0.2.2']);
  });
});

test('places are named by host and port, and by address if it differs', () => {
  const all = shownFor(
    'www',
    { fingerprint: STORED, former: [] },
    scene(domain([served('www.example.test', STORED), served('192.0.2.2', STORED)], { startTls: 'smtp', port: 25 })),
  );
  expect(shownText(all)).toBe('www.example.test:25, www.example.test:25 (192.0.2.2)');
});

describe('the served places', () => {
  const at = (resource: AnyCertificateResource, ...domains: readonly Resource[]) =>
    serversOf(resource, scene(resource, ...domains));
  const one = { host: 'www.example.test', port: 443 };
  test('are those of the Domains that name the certificate', () => {
    expect(at(certificate(), domain([served('192.0.2.1', STORED)]))).toEqual([one]);
    expect(at(certificate(), domain([served('192.0.2.1', STORED)], { certificate: 'other' }))).toEqual([]);
    expect(at(certificate(), domain([served('192.0.2.1', BEFORE)]))).toEqual([]);
  });
  test('stay in the state until a refresh shows otherwise', () => {
    const known = certificate({ servers: [one] });
    expect(at(known)).toEqual([one]);
    expect(at(known, domain([down('192.0.2.1')]))).toEqual([one]);
    expect(at(known, domain([served('192.0.2.1', OTHER), down('192.0.2.2')]))).toEqual([one]);
    expect(at(known, domain([served('192.0.2.1', OTHER)]))).toEqual([]);
    expect(at(known, domain([served('192.0.2.1', OTHER)], { port: 8443 }))).toEqual([one]);
  });
  test('are at most twenty, those observed now first', () => {
    const servers = Array.from({ length: 20 }, (_, i) => ({ host: `a${i}.test`, port: 443 }));
    const all = at(certificate({ servers }), domain([served('192.0.2.1', STORED)]));
    expect(all).toHaveLength(20);
    expect(all).toContainEqual(one);
  });
});

test('a step depends on its Domains, and a removal on the servers of the certificate', () => {
  const naming = domain([served('192.0.2.1', OTHER)], {}, 'naming');
  const serving = domain([served('192.0.2.1', STORED)], { certificate: 'other' }, 'serving');
  const names = (resource: AnyCertificateResource) =>
    certificateMatters(resource, scene(resource, naming, serving)).map(({ name }) => name);
  expect(names(certificate())).toEqual(['naming']);
  expect(names(certificate({}, {}))).toEqual([]);
  const { desired: _gone, ...orphan } = certificate();
  expect(names(orphan)).toEqual(['serving']);
});
