/** Certificates of the emulated API server: an authority of its own, and server and client certificates of it. */

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { instantText } from '#plugin';

const YEARS = 10;
const YEAR_MS = 365 * 86_400_000;
const SKEW_MS = 300_000;

/** PEM of a certificate and its key. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** A name of the subject: its common name, and organisations (groups, for a client). */
interface Subject {
  readonly commonName: string;
  readonly organisations?: readonly string[];
}

interface Order {
  readonly subject: Subject;
  readonly issuer: Subject;
  readonly isAuthority: boolean;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly ips: readonly string[];
  readonly names: readonly string[];
  readonly isClient: boolean;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** DER: tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length =
    size < 128
      ? [size]
      : size < 256
        ? [0x81, size]
        : size < 65_536
          ? [0x82, size >> 8, size & 255]
          : [0x83, size >> 16, (size >> 8) & 255, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const text = (value: string, tag = 0x0c): Buffer => der(tag, Buffer.from(value));
const octets = (value: Uint8Array): Buffer => der(0x04, value);
const YES = der(0x01, Buffer.from([255]));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const groups = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    return groups;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

/** GeneralizedTime, in whole seconds. */
function time(ms: number): Buffer {
  return text(`${instantText(ms).replaceAll(/[-:T]|\.\d+|Z/gu, '')}Z`, 0x18);
}

function nameOf({ commonName, organisations = [] }: Subject): Buffer {
  const part = (id: string, value: string): Buffer => der(0x31, sequence(oid(id), text(value)));
  return sequence(...organisations.map((name) => part('2.5.4.10', name)), part('2.5.4.3', commonName));
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(isCritical ? [YES] : []), octets(value));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function ipBytes(ip: string): Buffer {
  return ip === '::1' ? Buffer.from([...Array<number>(15).fill(0), 1]) : Buffer.from(ip.split('.').map(Number));
}

function extensionsOf({ isAuthority, isClient, ips, names, publicKey }: Order): readonly Buffer[] {
  const usage = isAuthority ? [1, 0x06] : [7, 0x80];
  const own = [
    extension('2.5.29.19', true, isAuthority ? sequence(YES) : sequence()),
    extension('2.5.29.15', true, der(0x03, Buffer.from(usage))),
    extension('2.5.29.14', false, octets(keyId(publicKey))),
  ];
  if (isAuthority) return own;
  const purpose = isClient ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1';
  const alternatives = [...names.map((name) => text(name, 0x82)), ...ips.map((ip) => der(0x87, ipBytes(ip)))];
  return [
    ...own,
    extension('2.5.29.37', false, sequence(oid(purpose))),
    ...(alternatives.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...alternatives))]),
  ];
}

function certificateOf(order: Order): string {
  const serial = Buffer.from([0x40 | ((randomBytes(1)[0] ?? 0) % 64), ...randomBytes(15)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA256,
    nameOf(order.issuer),
    sequence(time(order.notBefore), time(order.notAfter)),
    nameOf(order.subject),
    order.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensionsOf(order))),
  );
  const signature = sign('sha256', body, order.signer);
  const whole = sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').replaceAll(/.{64}/gu, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** An authority that signs certificates for a server and for clients of it. */
export interface Authority {
  readonly certificate: string;
  /** PEM of its key, from which `authorityOf` makes it again. */
  readonly key: string;
  readonly forServer: (names?: readonly string[]) => Pair;
  /** `notAfter`: epoch ms; ten years by default. */
  readonly forClient: (user: string, groups?: readonly string[], notAfter?: number) => Pair;
}

/** Creates an authority; `now` in epoch ms. */
export function makeAuthority(commonName: string, now: number): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { commonName };
  const certificate = certificateOf({
    subject,
    issuer: subject,
    isAuthority: true,
    publicKey,
    signer: privateKey,
    ips: [],
    names: [],
    isClient: false,
    notBefore: now - SKEW_MS,
    notAfter: now + YEARS * YEAR_MS,
  });
  return authorityOf({ certificate, key: pem(privateKey) }, commonName, now);
}

/** An authority from its files. */
export function authorityOf({ certificate, key }: Pair, commonName: string, now: number): Authority {
  const signer = createPrivateKey(key);
  const make = (order: Pick<Order, 'subject' | 'ips' | 'names' | 'isClient' | 'notAfter'>): Pair => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = certificateOf({
      ...order,
      issuer: { commonName },
      isAuthority: false,
      publicKey,
      signer,
      notBefore: Math.min(now, order.notAfter) - SKEW_MS,
    });
    return { certificate: made, key: pem(privateKey) };
  };
  const end = now + YEARS * YEAR_MS;
  return {
    certificate,
    key,
    forServer: (names = ['localhost']) =>
      make({
        subject: { commonName: names[0] ?? 'localhost' },
        ips: ['127.0.0.1', '::1'],
        names,
        isClient: false,
        notAfter: end,
      }),
    forClient: (user, groups = [], notAfter = end) =>
      make({
        subject: { commonName: user, organisations: groups },
        ips: [],
        names: [],
        isClient: true,
        notAfter,
      }),
  };
}
