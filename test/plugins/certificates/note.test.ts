/** Notes of a refresh in the state: of an authority, of a certificate through its lifecycle, and of a server. */

import { absent, resourceWith } from '../../support/resource.ts';
import { describe, expect, test } from 'vitest';
import type { CertificateResource, DomainResource, IssuerResource } from '../../../plugins/certificates/diff.ts';
import type { CertificateFacts, DomainFacts } from '../../../plugins/certificates/facts.ts';
import type { CertificateMemory, DomainMemory } from '../../../plugins/certificates/generated.ts';
import { formerOf, noteCertificate, noteDomain, noteIssuer } from '../../../plugins/certificates/note.ts';
import type { Memory, OpenIntent, Resource, KnownResource } from '#plugin';
import {
  DAY,
  NOW,
  certificateFacts,
  certificateSpec,
  desiredOf,
  fingerprint,
  issuerResource,
  memoryOf,
  observedOf,
  refOf,
  sceneOf,
  HOUR,
  iso,
  domainSpec,
} from './support.ts';

describe('of an Issuer', () => {
  const note = (resource: Resource) => noteIssuer(resource as unknown as KnownResource<IssuerResource>);
  test('only the first authority is noted', () => {
    expect(note(issuerResource({ memory: memoryOf('Issuer', 'ca') }))).toEqual({ fingerprint: fingerprint('a') });
    expect(
      note(issuerResource({ memory: memoryOf('Issuer', 'ca', { kept: { fingerprint: fingerprint('b') } }) })),
    ).toEqual({});
  });
  test('a broken authority is not noted, nor a missing one', () => {
    const memory = memoryOf('Issuer', 'ca');
    expect(
      note(
        issuerResource({ memory, observed: observedOf('Issuer', 'ca', 'broken', { fingerprint: fingerprint('a') }) }),
      ),
    ).toEqual({});
    const missing = absent(issuerResource({ memory }));
    expect(note(missing)).toEqual({});
  });
});

const DOMAIN = domainSpec({ host: 'a.test', certificate: 'www' });

describe('of a Certificate', () => {
  interface Given {
    readonly state?: string;
    readonly facts?: Partial<CertificateFacts>;
    readonly memory?: Partial<Memory>;
    readonly domains?: readonly Resource[];
    readonly spec?: Parameters<typeof certificateSpec>[0];
  }
  const note = ({ state = 'normal', facts, memory, domains = [], spec }: Given = {}) => {
    const resource: KnownResource<CertificateResource> = resourceWith({
      ref: refOf('Certificate', 'www'),
      desired: desiredOf('Certificate', 'www', certificateSpec(spec)),
      observed: observedOf('Certificate', 'www', state, certificateFacts(facts)),
      ...(memory === undefined ? {} : { memory: memoryOf('Certificate', 'www', memory) }),
    });
    return noteCertificate(resource, NOW, sceneOf(domains));
  };
  const looked = { checked_at: iso(NOW) };
  const stored = {
    fingerprint: fingerprint('c'),
    not_after: certificateFacts().not_after ?? '',
    renewal_due_at: '2027-01-08T12:00:00.000Z',
    issuer: fingerprint('a'),
  };
  const known = (kept: Partial<CertificateMemory> = {}) => ({
    ...stored,
    checked_at: iso(NOW),
    reloaded: fingerprint('c'),
    ...kept,
  });
  const intent = (step: OpenIntent['step'], goal: OpenIntent['goal'] = 'update'): OpenIntent => ({
    seq: 1,
    step,
    goal,
    at: Date.parse(iso(NOW - HOUR)),
    run: 'r',
  });

  test('what is stored, and the earlier one that is still served', () => {
    expect(note()).toEqual({ ...looked, ...stored, reloaded: fingerprint('c') });
    expect(note({ memory: { owned: 'adopted' } })).toEqual({ ...looked, ...stored, reloaded: fingerprint('c') });
  });

  test('only the time of the refresh, if it is unusable or neither of the two', () => {
    expect(note({ state: 'expired', facts: { usable: false } })).toEqual(looked);
    expect(note({ state: 'renewing' })).toEqual(looked);
    expect(note({ state: 'recovering' })).toEqual(looked);
    expect(noteCertificate(resourceWith({ ref: refOf('Certificate', 'www') }), NOW, sceneOf())).toEqual({});
  });

  test.each<readonly [string, number, Given['spec'], boolean]>([
    ['a day ago', DAY, {}, true],
    ['a little less than a day ago', DAY - 1, {}, false],
    ['now', 0, {}, false],
    ['in an hour, as the clock was put back', -HOUR, {}, true],
    ['an hour ago, as its document wants', HOUR, { renewal: { checkInterval: '1h' } }, true],
    ['less than an hour ago', HOUR - 1, { renewal: { checkInterval: '1h' } }, false],
  ])('a refresh is recorded once per interval: the last one was %s', (_name, ago, spec, expected) => {
    const kept = known({ checked_at: iso(NOW - ago) });
    const noted = note({ memory: { kept }, ...(spec === undefined ? {} : { spec }) });
    expect(noted.checked_at).toBe(expected ? iso(NOW) : undefined);
  });

  describe('earlier certificates', () => {
    test('begin with the first refresh of another one', () => {
      expect(note({ memory: { kept: known({ fingerprint: fingerprint('b') }) } }).former).toEqual([fingerprint('b')]);
      expect(note({ memory: { kept: known() } }).former).toBeUndefined();
    });
    test('are at most five, the newest first, each once, and never the stored one', () => {
      const kept = { fingerprint: 'f', former: ['e', 'd', 'c', 'b', 'a'] };
      expect(formerOf(kept, 'g')).toEqual(['f', 'e', 'd', 'c', 'b']);
      expect(formerOf(kept, 'd')).toEqual(['f', 'e', 'c', 'b', 'a']);
      expect(formerOf(undefined, 'a')).toEqual([]);
    });
  });

  test('an issue of an interrupted run counts from then', () => {
    const kept = known({ fingerprint: fingerprint('b'), reloaded: fingerprint('b'), issued: 3 });
    const made = { made: fingerprint('c'), issued: 4, issued_at: iso(NOW - HOUR) };
    expect(note({ memory: { kept, open: intent('expiring_soon>renewing') } })).toMatchObject(made);
    expect(note({ memory: { kept: {}, open: intent('absent>normal', 'create') } })).toMatchObject({
      ...made,
      issued: 1,
    });
    // The run was interrupted earlier, or was a removal.
    expect(note({ memory: { kept: known(), open: intent('expiring_soon>renewing') } })).not.toHaveProperty('made');
    expect(note({ memory: { kept, open: intent('normal>absent', 'remove') } })).not.toHaveProperty('made');
  });

  describe('the reload', () => {
    const reloaded = (
      kept: Partial<CertificateMemory>,
      more: Partial<Memory> = {},
      domains: readonly Resource[] = [],
    ) => note({ memory: { kept, ...more }, domains }).reloaded;
    const domain = (...prints: readonly string[]): Resource =>
      resourceWith({
        ref: refOf('Domain', 'd'),
        desired: desiredOf('Domain', 'd', DOMAIN),
        observed: observedOf('Domain', 'd', 'issued', {
          addresses: prints.map((print, i) => ({
            address: `192.0.2.${i}`,
            ...(print === '' ? { error: 'refused' } : { fingerprint: fingerprint(print) }),
          })),
        }),
      });
    const own = { ...stored, made: fingerprint('c'), reloaded: fingerprint('b') };
    test('is unknown if a run stored the pair and ended before the reload', () => {
      expect(reloaded(own)).toBeUndefined();
      expect(reloaded({}, { open: intent('absent>normal', 'create') })).toBeUndefined();
      expect(reloaded({ made: fingerprint('c') }, { owned: 'created' })).toBeUndefined();
    });
    test('is unknown if another program stored the pair later', () => {
      expect(reloaded({ fingerprint: fingerprint('b'), reloaded: fingerprint('b') })).toBeUndefined();
    });
    test('is assumed if an older version recorded it', () => {
      expect(reloaded(stored)).toBe(fingerprint('c'));
    });
    test('is known if every address that answers serves it', () => {
      expect(reloaded(own, {}, [domain('c', 'c')])).toBe(fingerprint('c'));
      expect(reloaded(own, {}, [domain('c', '')])).toBe(fingerprint('c'));
      expect(reloaded(own, {}, [domain('c', 'b')])).toBeUndefined();
      expect(reloaded(own, {}, [domain('')])).toBeUndefined();
    });
    test('ends the count of unsuccessful reloads', () => {
      const failed = { ...own, unserved: fingerprint('c'), unserved_tries: 2, unserved_at: iso(NOW) };
      expect(note({ memory: { kept: failed }, domains: [domain('c')] }).unserved).toBe('');
      expect(note({ memory: { kept: failed } })).not.toHaveProperty('unserved');
      const other = { ...failed, unserved: fingerprint('b') };
      expect(note({ memory: { kept: other }, domains: [domain('c')] })).not.toHaveProperty('unserved');
    });
    test('is reset with the served places', () => {
      expect(note({ memory: { kept: own }, domains: [domain('c')] }).servers).toEqual([{ host: 'a.test', port: 443 }]);
      expect(note({ memory: { kept: own } })).not.toHaveProperty('servers');
    });
  });
});

describe('of a Domain', () => {
  const resource: KnownResource<DomainResource> = resourceWith({
    ref: refOf('Domain', 'd'),
    desired: desiredOf('Domain', 'd', DOMAIN),
    observed: observedOf('Domain', 'd', 'issued', {
      fingerprint: fingerprint('d'),
      not_after: '2027-01-01T00:00:00.000Z',
    }),
  });
  test('the served certificate, and the last error until it is over', () => {
    expect(noteDomain(resource, NOW)).toEqual({
      error: '',
      message: '',
      failures: 0,
      failed_at: '',
      retry_at: '',
      checked_at: iso(NOW),
      failure_policy: 'standard',
      target: 'a.test a.test:443',
      fingerprint: fingerprint('d'),
      not_after: '2027-01-01T00:00:00.000Z',
    });
    expect(
      noteDomain(
        resourceWith({
          ...resource,
          observed: observedOf('Domain', 'd', 'tls_error', { error: 'refused', message: 'no' }),
        }),
        NOW,
      ),
    ).toMatchObject({ error: 'refused', message: 'no', failures: 1, failed_at: iso(NOW), retry_at: iso(NOW + 60_000) });
    expect(noteDomain(resourceWith({ ref: resource.ref }), NOW)).toEqual({});
  });

  test.each([
    [undefined, {}],
    [
      { fingerprint: fingerprint('d'), not_after: '2027-01-01T00:00:00.000Z', error: 'refused', failures: 3 },
      { fingerprint: '', not_after: '' },
    ],
  ])('nothing of a certificate without a route, after %j', (kept, expected) => {
    const noted = noteDomain(
      resourceWith({
        ...resource,
        observed: observedOf('Domain', 'd', 'pending_route', {}),
        ...(kept === undefined ? {} : { memory: memoryOf('Domain', 'd', { kept }) }),
      }),
      NOW,
    );
    expect(noted).toEqual({
      error: '',
      message: '',
      failures: 0,
      failed_at: '',
      retry_at: '',
      checked_at: iso(NOW),
      failure_policy: 'standard',
      target: 'a.test a.test:443',
      ...expected,
    });
  });

  describe('after a certificate event', () => {
    const minute = 60_000;
    const noted = (state: string, facts: DomainFacts, kept: Partial<DomainMemory>) =>
      noteDomain(
        resourceWith({
          ...resource,
          observed: observedOf('Domain', 'd', state, facts),
          memory: memoryOf('Domain', 'd', { state: 'issued', kept }),
        }),
        NOW,
      );
    const reported = { cert_ref: 'secret/www', cert_not_after: iso(NOW + DAY) };

    test.each([
      ['older than the recorded probe', NOW - 2 * minute, undefined],
      ['newer', NOW - minute / 2, iso(NOW)],
    ])('that is %s, the time of a good probe is %s', (_name, eventAt, checked) => {
      const kept = { checked_at: iso(NOW - minute), cert_last_event_at: iso(eventAt) };
      expect(noted('issued', {}, kept).checked_at).toBe(checked);
    });

    test('a served certificate replaces the reported one, and a failed probe does not', () => {
      const facts = { fingerprint: fingerprint('d'), not_after: iso(NOW + DAY) };
      expect(noted('issued', facts, reported)).toMatchObject({ ...facts, cert_ref: '', cert_not_after: '' });
      expect(noted('tls_error', { error: 'refused' }, reported)).not.toHaveProperty('cert_ref');
    });

    test('a host that is no longer verified, and so not probed, keeps its error', () => {
      expect(noted('pending_issue', {}, { error: 'refused', message: 'no', failures: 1 })).not.toHaveProperty('error');
    });

    test('a failed probe is one failure more', () => {
      const kept = { failures: 2, error: 'renewal-failed', retry_at: iso(NOW) };
      expect(noted('tls_error', { error: 'refused' }, kept)).toMatchObject({ failures: 3, error: 'refused' });
    });
  });
});
