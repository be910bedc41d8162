/** One TLS handshake with a server, under deadlines. Nothing is sent after it, and the socket is always closed. */

import type { X509Certificate } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { DetailedPeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import { type CheckedAddress, connectTo, distrustOf, secureOver } from '#plugin/net';
import { codeOf, defined } from '#plugin';
import type { ConnectError, StartTls } from '../world.ts';
import { askForTls, greets } from './start-tls.ts';

export interface ProbeLimits {
  readonly connectMs: number;
  readonly handshakeMs: number;
  /** Deadline of the greeting before STARTTLS; not part of `totalMs`. */
  readonly greetingMs: number;
  readonly totalMs: number;
}

/** `failed` describes the server, the network or the name; failures of this machine are thrown. */
export type Handshake =
  | {
      readonly ok: true;
      readonly chain: readonly X509Certificate[];
      readonly distrust?: string;
      /** The OCSP response that the server staples, if one was requested. */
      readonly staple?: Buffer | 'none';
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
  /** Requests a stapled OCSP response; takes a few percent of a probe's time. */
  readonly staple?: true;
}

const MAX_CHAIN = 10;

/** Failures of this machine, which say nothing about the server. */
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

type Phase = 'connect' | 'greeting' | 'starttls' | 'handshake';

const LATE: Readonly<Record<Phase, string>> = {
  connect: 'the server did not accept the connection',
  greeting: 'the server did not send its greeting',
  starttls: 'the server did not switch to TLS',
  handshake: 'the server did not finish the handshake',
};

const CLOSED: Readonly<Record<Phase, string>> = {
  connect: 'the server closed the connection',
  greeting: 'the server closed the connection before its greeting',
  starttls: 'the server closed the connection after the request for TLS',
  handshake: 'the server closed the connection during the handshake',
};

type Failure = Extract<Handshake, { ok: false }>;

/** OpenSSL's reason, without the memory addresses in some error texts. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/u.exec(error.message)?.[1] ?? codeOf(error) ?? 'unknown';
}

function failureOf(error: unknown, phase: Phase, address: string): Failure {
  const code = codeOf(error) ?? '';
  // For IPv4, all local ports are in use; for IPv6, this machine has no address.
  const noPort = code === 'EADDRNOTAVAIL' && isIPv4(address);
  if (OWN.has(code) || noPort) throw new Error(`the probe cannot be made: ${code}`);
  if (code === 'ECONNREFUSED') return { ok: false, error: 'refused', reason: 'connection refused' };
  if (code === 'ETIMEDOUT') return { ok: false, error: 'timeout', reason: `no answer in the ${phase} phase` };
  if (RESET.has(code)) return { ok: false, error: 'reset', reason: CLOSED[phase] };
  if (UNREACHABLE.has(code) || phase === 'connect')
    return {
      ok: false,
      error: 'unreachable',
      reason: code === '' ? 'no route to the server' : `no route to the server (${code})`,
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

function limitOf(phase: Phase, limits: ProbeLimits): number {
  switch (phase) {
    case 'connect':
      return Math.min(limits.connectMs, limits.totalMs);
    case 'greeting':
      return limits.greetingMs;
    case 'starttls':
    case 'handshake':
      return Math.min(limits.handshakeMs, limits.totalMs);
  }
}

/**
 * Replaces the form of the certificate that Node.js prepares for `checkServerIdentity`, which takes a fifth of a probe's
 * time. It is not used: the chain is read in a cheaper form.
 */
const nothingRead = (): DetailedPeerCertificate => ({}) as DetailedPeerCertificate;

/** One handshake. `left` is the remaining time of the probe, in ms. Throws when aborted, or if this machine fails. */
export function handshake(
  endpoint: Endpoint,
  secureContext: SecureContext,
  limits: ProbeLimits,
  left: number,
  signal: AbortSignal,
): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const started = performance.now();
    let phase: Phase = 'connect';
    let rttMs = 0;
    let ended = false;
    let secure: TLSSocket | undefined;
    let staple: Buffer | 'none' | undefined;
    const plain = connectTo(endpoint.address, endpoint.port);
    const destroy = (): void => {
      secure?.destroy();
      plain.destroy();
    };
    const end = (settle: () => void, leave: () => void = destroy): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      leave();
      settle();
    };
    const fail = (failure: Failure): void => end(() => resolve(failure));
    const expire = (): void =>
      fail({ ok: false, error: 'timeout', reason: `${LATE[phase]} within ${seconds(limitOf(phase, limits))}` });
    /** The greeting has a deadline of its own; all other phases share what is left. */
    const enter = (next: Phase): void => {
      phase = next;
      clearTimeout(timer);
      const rest = left - (performance.now() - started);
      timer = setTimeout(expire, next === 'greeting' ? limits.greetingMs : Math.min(limits.handshakeMs, rest));
    };
    const abort = (): void => end(() => reject(signal.reason as Error));
    let timer = setTimeout(expire, Math.min(limits.connectMs, left));
    signal.addEventListener('abort', abort, { once: true });
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
        fail({ ok: false, error: 'handshake', reason: 'the server has no certificate' });
        return;
      }
      end(
        () => resolve(defined({ ok: true, chain, protocol, rtt_ms: rttMs, distrust, staple })),
        () => {
          // The last handshake message is written after this turn; cutting it off would log an error at the server.
          setImmediate(destroy);
        },
      );
    };
    const shake = (): void => {
      phase = 'handshake';
      const socket = secureOver(plain, {
        ...(endpoint.servername === undefined ? {} : { servername: endpoint.servername }),
        secureContext,
        // A client's verdict is derived from the chain that is read here.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        requestOCSP: endpoint.staple === true,
      });
      socket.getPeerCertificate = nothingRead;
      secure = socket;
      socket.once('OCSPResponse', (response: Buffer | null) => (staple = response ?? 'none'));
      socket.once('secureConnect', () => secured(socket));
      // The listener stays: a destroyed socket can still emit an error.
      socket.on('error', broken);
      socket.once('close', closed);
    };
    plain.once('connect', () => {
      rttMs = Math.round((performance.now() - started) * 10) / 10;
      if (endpoint.startTls === undefined) {
        enter('handshake');
        shake();
        return;
      }
      enter(greets(endpoint.startTls) ? 'greeting' : 'starttls');
      const begun = (): void => {
        if (phase === 'greeting') enter('starttls');
      };
      askForTls(plain, endpoint.startTls, begun, (refusal) => {
        if (ended) return;
        if (refusal === undefined) shake();
        else fail({ ok: false, error: 'starttls', reason: refusal });
      });
    });
    plain.on('error', broken);
    plain.once('close', closed);
  });
}
