/**
 * Requests TLS in the server's own protocol. A probe sends nothing else before the handshake, and nothing after it.
 *
 * | Protocol | Request | Agreement | Source |
 * |---|---|---|---|
 * | smtp | `EHLO` after the greeting, then `STARTTLS` | `220` | RFC 3207; RFC 5321, 4.1.1.1 |
 * | imap | `STARTTLS` after the greeting | `OK` with the tag | RFC 9051, 6.2.1 |
 * | postgres | `SSLRequest` | `S` | PostgreSQL's manual, 55.2.10 and 55.7 |
 *
 * Clear text after the agreement would be treated as protected data: a server, or a machine
 * in between, that sends more is refused.
 */

import { isIPv6, type Socket } from 'node:net';
import type { StartTls } from '../world.ts';

/** Maximum number of bytes from the server before TLS. */
const MOST_BYTES = 16_384;

/** The result of reading: more bytes are needed, a reply is to be sent, or the outcome is known. */
type Turn =
  | { readonly next: 'wait' }
  | { readonly next: 'say'; readonly bytes: Buffer; readonly used: number; readonly then: Ask }
  | { readonly next: 'agreed'; readonly used: number }
  | { readonly next: 'refused'; readonly reason: string };

/** Reads the unconsumed bytes. */
type Ask = (bytes: Buffer) => Turn;

const WAIT: Turn = { next: 'wait' };
const refused = (reason: string): Turn => ({ next: 'refused', reason });

interface Reply {
  readonly code: string;
  readonly texts: readonly string[];
  readonly used: number;
}

/** A complete reply of an SMTP server (RFC 5321, 4.2.1); undefined while lines are missing. */
function smtpReply(bytes: Buffer): Reply | 'nonsense' | undefined {
  const texts: string[] = [];
  let from = 0;
  for (;;) {
    const end = bytes.indexOf('\n', from);
    if (end < 0) return undefined;
    const line = /^(?<code>[2-5]\d\d)(?:(?<sign>[ -])(?<text>.*))?$/su.exec(
      bytes.toString('latin1', from, end).replace(/\r$/u, ''),
    )?.groups;
    if (line === undefined) return 'nonsense';
    texts.push(line['text'] ?? '');
    from = end + 1;
    if (line['sign'] !== '-') return { code: line['code'] ?? '', texts, used: from };
  }
}

/** Accepts a complete reply with the expected code, or returns the reason for refusal. */
function afterReply(code: string, what: string, take: (reply: Reply) => Turn): Ask {
  return (bytes) => {
    const reply = smtpReply(bytes);
    if (reply === undefined) return WAIT;
    if (reply === 'nonsense') return refused(`the server does not speak SMTP`);
    return reply.code === code ? take(reply) : refused(`the server answers ${what} with ${reply.code}`);
  };
}

/** The client's own address in an EHLO, which every server accepts (RFC 5321, 4.1.3). */
function literal(address: string): string {
  return isIPv6(address) ? `[IPv6:${address.replace(/%.*$/su, '')}]` : `[${address}]`;
}

function smtp(ownAddress: string): Ask {
  const agree = afterReply('220', 'STARTTLS', ({ used }) => ({ next: 'agreed', used }));
  const offer = afterReply('250', 'EHLO', ({ texts, used }) =>
    texts.slice(1).some((text) => /^STARTTLS\s*$/iu.test(text))
      ? { next: 'say', bytes: Buffer.from('STARTTLS\r\n'), used, then: agree }
      : refused('the server does not offer STARTTLS'),
  );
  return afterReply('220', 'the connection', ({ used }) => ({
    next: 'say',
    bytes: Buffer.from(`EHLO ${literal(ownAddress)}\r\n`),
    used,
    then: offer,
  }));
}

const IMAP_TAG = 'a1';

/** The first line; undefined while incomplete. */
function firstLine(bytes: Buffer): { readonly text: string; readonly used: number } | undefined {
  const end = bytes.indexOf('\n');
  return end < 0 ? undefined : { text: bytes.toString('latin1', 0, end).replace(/\r$/u, ''), used: end + 1 };
}

function imap(): Ask {
  const agree: Ask = (bytes) => {
    const line = firstLine(bytes);
    if (line === undefined) return WAIT;
    // Other lines of the server are permitted in between.
    if (line.text.startsWith('* ') && !/^\* BYE\b/iu.test(line.text))
      return { next: 'say', bytes: Buffer.alloc(0), used: line.used, then: agree };
    const answer = new RegExp(`^${IMAP_TAG} (?<word>OK|NO|BAD)\\b`, 'iu').exec(line.text)?.groups?.['word'];
    if (answer?.toUpperCase() === 'OK') return { next: 'agreed', used: line.used };
    return refused(
      answer === undefined
        ? 'the server does not speak IMAP'
        : `the server answers STARTTLS with ${answer.toUpperCase()}`,
    );
  };
  return (bytes) => {
    const line = firstLine(bytes);
    if (line === undefined) return WAIT;
    const greeting = /^\* (?<word>OK|PREAUTH|BYE)\b/iu.exec(line.text)?.groups?.['word']?.toUpperCase();
    if (greeting === undefined) return refused('the server does not speak IMAP');
    if (greeting !== 'OK') return refused(`the server greets with ${greeting}`);
    return { next: 'say', bytes: Buffer.from(`${IMAP_TAG} STARTTLS\r\n`), used: line.used, then: agree };
  };
}

/** The length of the message, and the code of the request. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

function postgres(): Ask {
  const agree: Ask = (bytes) => {
    if (bytes.length === 0) return WAIT;
    const answer = String.fromCodePoint(bytes[0] ?? 0);
    if (answer === 'S') return { next: 'agreed', used: 1 };
    return refused(
      answer === 'N' ? 'the server does not offer TLS' : 'the server does not speak the PostgreSQL protocol',
    );
  };
  return () => ({ next: 'say', bytes: SSL_REQUEST, used: 0, then: agree });
}

function askOf(protocol: StartTls, ownAddress: string): Ask {
  switch (protocol) {
    case 'smtp':
      return smtp(ownAddress);
    case 'imap':
      return imap();
    case 'postgres':
      return postgres();
  }
}

/** Reports whether the server speaks first, before the request for TLS. */
export function greets(protocol: StartTls | undefined): boolean {
  return protocol === 'smtp' || protocol === 'imap';
}

/**
 * Requests TLS on a connected socket. Calls `begun` with the first request, which follows the greeting; calls `done` once, with `undefined` on agreement, else with the reason. Deadlines,
 * errors and the end of the socket are the caller's. Returns a function that stops listening.
 */
export function askForTls(
  socket: Socket,
  protocol: StartTls,
  begun: () => void,
  done: (refusal: string | undefined) => void,
): () => void {
  let ask = askOf(protocol, socket.localAddress ?? '127.0.0.1');
  let bytes = Buffer.alloc(0);
  let total = 0;
  let asked = false;
  const stop = (): void => {
    socket.off('data', read);
    socket.pause();
  };
  const end = (refusal: string | undefined): void => {
    stop();
    done(refusal);
  };
  const turn = (): void => {
    for (;;) {
      const turned = ask(bytes);
      if (turned.next === 'wait') return;
      if (turned.next === 'refused') return end(turned.reason);
      bytes = bytes.subarray(turned.used);
      if (turned.next === 'agreed')
        return end(bytes.length === 0 ? undefined : 'the server sends clear text after agreeing to TLS');
      if (turned.bytes.length > 0) {
        // An early answer may be injected (RFC 3207, 6; CVE-2011-0411).
        if (bytes.length > 0 && turned.used > 0) return end('the server answers before the request');
        if (!asked) begun();
        asked = true;
        socket.write(turned.bytes);
      }
      ask = turned.then;
    }
  };
  const read = (data: Buffer): void => {
    total += data.length;
    if (total > MOST_BYTES) return end(`the server sends more than ${MOST_BYTES} bytes before TLS`);
    bytes = Buffer.concat([bytes, data]);
    turn();
  };
  socket.on('data', read);
  turn();
  return stop;
}
