/** One TLS handshake with a server, under deadlines; nothing is ever sent after it, and the socket never outlives it. */

import type { X509Certificate } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { DetailedPeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import { type CheckedAddress, connectTo, distrustOf, secureOver } from '#plugin/net';
import { codeOf, defined } from '#plugin';
import type { ConnectError, StartTls } from '../world.ts';
import { askForTls } from './start-tls.ts';

export interface ProbeLimits {
  readonly connectMs: number;
  readonly handshakeMs: number;
  readonly totalMs: number;
}

/** `failed` is what the server, the network or the name did; what this machine did is thrown. */
export type Handshake =
  | {
      readonly ok: true;
      readonly chain: readonly X509Certificate[];
      readonly distrust?: string;
      readonly protocol: string;
      readonly rtt_ms: number;
    }
  | { readonly ok: false; readonly error: ConnectError; readonly reason: string; readonly code?: string };

export interface Endpoint {
  readonly address: CheckedAddress;
  readonly port: number;
  /** Left out for addresses: SNI knows names only. */
  readonly servername?: string;
  readonly startTls?: StartTls;
}

const MAX_CHAIN = 10;

/** Failures of this machine: they say nothing about the server. */
const OWN = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);
const UNREACHABLE = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'EINVAL',
  'EAFNOSUPPORT',
]);
const RESET = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOTCONN']);

type Phase = 'connect' | 'starttls' | 'handshake';

const LATE: Readonly<Record<Phase, string>> = {
  connect: 'it accepted no connection',
  starttls: 'it did not go over to TLS',
  handshake: 'it did not finish the handshake',
};

const CLOSED: Readonly<Record<Phase, string>> = {
  connect: 'it closed the connection',
  starttls: 'it closed the connection when it was asked for TLS',
  handshake: 'it closed the connection during the handshake',
};

type Failure = Extract<Handshake, { ok: false }>;

/** What OpenSSL says, without the addresses in memory that stand in the text of some errors. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/u.exec(error.message)?.[1] ?? codeOf(error) ?? 'unknown';
}

function failureOf(error: unknown, phase: Phase, address: string): Failure {
  const code = codeOf(error) ?? '';
  // Every own port towards an IPv4 address is taken; of IPv6 it says that there is no own address at all.
  const noPort = code === 'EADDRNOTAVAIL' && isIPv4(address);
  if (OWN.has(code) || noPort) throw new Error(`no probe can be made: ${code}`);
  if (code === 'ECONNREFUSED') return { ok: false, error: 'refused', reason: 'nothing listens there' };
  if (code === 'ETIMEDOUT') return { ok: false, error: 'timeout', reason: `no answer in the ${phase} phase` };
  if (RESET.has(code)) return { ok: false, error: 'reset', reason: CLOSED[phase] };
  if (UNREACHABLE.has(code) || phase === 'connect')
    return {
      ok: false,
      error: 'unreachable',
      reason: code === '' ? 'there is no way to it' : `there is no way to it (${code})`,
      code,
    };
  return { ok: false, error: 'handshake', reason: `the TLS handshake failed: ${reasonOf(error)}`, code };
}

function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (
    let each = socket.getPeerX509Certificate();
    each !== undefined && chain.length < MAX_CHAIN;
    each = each.issuerCertificate
  )
    chain.push(each);
  return chain;
}

const seconds = (ms: number): string => `${ms / 1000} s`;

/**
 * What Node.js reads of the certificate for `checkServerIdentity` alone, in a form that costs a fifth of a probe's
 * time. Nobody asks for it here: the chain is read in a cheaper form.
 */
const nothingRead = (): DetailedPeerCertificate => ({}) as DetailedPeerCertificate;

/** One handshake. `left` is what is left of the deadline of the whole probe, in ms. Throws when aborted, or when this machine fails. */
export function handshake(
  endpoint: Endpoint,
  secureContext: SecureContext,
  limits: ProbeLimits,
  left: number,
  signal: AbortSignal | undefined,
): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const started = performance.now();
    let phase: Phase = 'connect';
    let rttMs = 0;
    let ended = false;
    let secure: TLSSocket | undefined;
    const plain = connectTo(endpoint.address, endpoint.port);
    const destroy = (): void => {
      secure?.destroy();
      plain.destroy();
    };
    const end = (settle: () => void, leave: () => void = destroy): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      leave();
      settle();
    };
    const fail = (failure: Failure): void => end(() => resolve(failure));
    const expire = (): void => {
      const limit = Math.min(phase === 'connect' ? limits.connectMs : limits.handshakeMs, limits.totalMs);
      fail({ ok: false, error: 'timeout', reason: `${LATE[phase]} within ${seconds(limit)}` });
    };
    const abort = (): void => end(() => reject(signal?.reason as Error));
    let timer = setTimeout(expire, Math.min(limits.connectMs, left));
    signal?.addEventListener('abort', abort, { once: true });
    const broken = (error: Error): void => {
      try {
        fail(failureOf(error, phase, endpoint.address));
      } catch (own) {
        end(() => reject(own));
      }
    };
    const closed = (): void => fail({ ok: false, error: 'reset', reason: CLOSED[phase] });
    const secured = (socket: TLSSocket): void => {
      const chain = chainOf(socket);
      const distrust = distrustOf(socket);
      const protocol = socket.getProtocol() ?? 'unknown';
      if (chain.length === 0) {
        fail({ ok: false, error: 'handshake', reason: 'it has no certificate' });
        return;
      }
      end(
        () => resolve(defined({ ok: true, chain, protocol, rtt_ms: rttMs, distrust })),
        () => {
          // The last message of the handshake is written after this turn: cut off, it would be an error in the server's log.
          setImmediate(destroy);
        },
      );
    };
    const shake = (): void => {
      phase = 'handshake';
      const socket = secureOver(plain, {
        ...(endpoint.servername === undefined ? {} : { servername: endpoint.servername }),
        secureContext,
        // Whether a client would accept it is judged from what is read here.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      });
      socket.getPeerCertificate = nothingRead;
      secure = socket;
      socket.once('secureConnect', () => secured(socket));
      // Stays: what is destroyed may still have an error to tell.
      socket.on('error', broken);
      socket.once('close', closed);
    };
    plain.once('connect', () => {
      rttMs = Math.round((performance.now() - started) * 10) / 10;
      clearTimeout(timer);
      timer = setTimeout(expire, Math.min(limits.handshakeMs, left - (performance.now() - started)));
      if (endpoint.startTls === undefined) {
        shake();
        return;
      }
      phase = 'starttls';
      askForTls(plain, endpoint.startTls, (refusal) => {
        if (ended) return;
        if (refusal === undefined) shake();
        else fail({ ok: false, error: 'starttls', reason: refusal });
      });
    });
    plain.on('error', broken);
    plain.once('close', closed);
  });
}
