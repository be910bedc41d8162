/** The regions in the file of the host. */

import { expect, test } from 'vitest';
import type { ServeHost } from '../../src/engine/generated.ts';
import { certVariables } from '../../src/serve/cert-variables.ts';
import { regionMistakes, regionSettings } from '../../src/serve/regions/settings.ts';

const PEER = {
  name: 'us',
  url: 'https://us.example.org:9465',
  san: 'URI:spiffe://example.org/us',
  authority: 'us-ca.crt',
  certificate: 'eu.crt',
  key: '/keys/eu.key',
};
const REGIONS = { name: 'eu', pull: '10s', peers: [PEER] };
const TLS = { certificate: 'a', key: 'b', clientAuthority: 'c', requireClient: false };
const ACCESS = { tokens: [], clients: [{ name: 'robot', san: 'URI:robot', roles: ['read' as const] }] };

function host(regions: object = {}, more: object = {}): Pick<ServeHost, 'regions' | 'tls' | 'access'> {
  return { regions: { ...REGIONS, ...regions }, tls: TLS, access: ACCESS, ...more };
}

function variables(names: string) {
  return certVariables({ CERT_REPLICATION_TARGET_REGIONS: names }).regions;
}

test('have paths relative to the file, and the names and the limit of the variables', () => {
  const env = { CERT_REPLICATION_TARGET_REGIONS: 'us,eu', CERT_REPLICATION_MAX_LAG_SECONDS: '60' };
  expect(regionSettings(REGIONS, certVariables(env).regions, '/etc/fettle/serve.yaml')).toEqual({
    own: 'eu',
    names: ['us', 'eu'],
    maxLagMs: 60_000,
    pullMs: 10_000,
    peers: [
      {
        name: 'us',
        url: new URL('https://us.example.org:9465'),
        san: PEER.san,
        files: {
          certificate: '/etc/fettle/eu.crt',
          key: '/keys/eu.key',
          clientAuthority: '/etc/fettle/us-ca.crt',
          requireClient: true,
        },
      },
    ],
  });
});

test.each([
  ['without a mistake', host(), 'us,eu', []],
  ['with a region of the default list without a peer', host(), '', ['/regions/peers']],
  ['with a name of their own that is not listed', host({ name: 'ap' }), 'us,eu', ['/regions/name', '/regions/peers']],
  ['with a peer that is not listed', host(), 'eu,ap', ['/regions/peers/0/name', '/regions/peers']],
  [
    'with itself as a peer',
    host({ peers: [PEER, { ...PEER, name: 'eu', san: 'URI:eu' }] }),
    'us,eu',
    ['/regions/peers/1/name'],
  ],
  ['with one san for two', host({ peers: [PEER, { ...PEER, name: 'ap' }] }), 'us,eu,ap', ['/regions/peers/1/san']],
  ['with the san of a client', host({ peers: [{ ...PEER, san: 'URI:robot' }] }), 'us,eu', ['/regions/peers/0/san']],
  [
    'with an address that is not one',
    host({ peers: [{ ...PEER, url: 'https://a:99999' }] }),
    'us,eu',
    ['/regions/peers/0/url'],
  ],
  ['without an authority of their clients', host({}, { tls: undefined }), 'us,eu', ['/regions/name']],
  ['with a short interval', host({ pull: '500ms' }), 'us,eu', ['/regions/pull']],
  ['left out', { ...host(), regions: undefined }, '', []],
])('%s', (_, written, names, pointers) => {
  expect(regionMistakes(written as ReturnType<typeof host>, variables(names)).map(({ pointer }) => pointer)).toEqual(
    pointers,
  );
});
