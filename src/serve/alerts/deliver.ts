/**
 * Delivers alerts: one POST of the exact bytes, signed when it is sent. Redirects are not followed, and the status alone
 * decides. Every connection goes to an address that was checked.
 */

import { createHmac } from 'node:crypto';
import type { Readable } from 'node:stream';
import { limiter } from '#plugin/limit';
import { within } from '#plugin/deadline';
import { ExchangeError, exchangeErrorOf } from '#plugin/http';
import type { SendHttp } from '#plugin/net';
import { DEADLINE_MS, type Delivery, type DeliveryOutcome } from './deliveries.ts';
import type { Destination } from './receiver.ts';

/** Part of an answer that is read. Its content is not used, but a server that is cut off early may count that as a failure. */
const MOST_ANSWER_BYTES = 64 * 1024;

/** Deliveries to one receiver at once. */
const MOST_AT_ONCE = 4;

export interface Delivering {
  readonly send: SendHttp;
  /** Epoch ms. */
  readonly now: () => number;
  /** Fires when the process is to end: what is not sent yet stays unsent. */
  readonly signal: AbortSignal;
}

/** `x-fdt-timestamp` and `x-fdt-signature`: lower-case hex HMAC-SHA-256 over `<timestamp>.<body>`. `seconds`: Unix time. */
export function signatureHeaders(secret: string, body: string, seconds: number): Readonly<Record<string, string>> {
  const timestamp = String(seconds);
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'x-fdt-timestamp': timestamp, 'x-fdt-signature': signature };
}

/** Reads a part of an answer, and ends the connection after it. Never fails: the status is known. */
function readSome(body: Readable): Promise<void> {
  return new Promise((resolve) => {
    let length = 0;
    body.on('data', (part: Buffer) => {
      length += part.byteLength;
      if (length > MOST_ANSWER_BYTES) body.destroy();
    });
    body.on('error', () => resolve());
    body.on('close', () => resolve());
  });
}

function statusWords(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `the receiver answered with status ${status}${isRedirect ? ', and redirects are not followed' : ''}`;
}

/** The status of the answer. Throws an ExchangeError without one. */
async function statusOf({ url, secret }: Destination, body: string, { send, now }: Delivering): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'fettle',
    ...(secret === undefined ? {} : signatureHeaders(secret, body, Math.floor(now() / 1000))),
  };
  const late = (): Error => new ExchangeError('timeout', 'maybe', `no response within ${DEADLINE_MS / 1000} s`);
  let status: number | undefined;
  try {
    // The process waits for what it has sent: its outcome would be unknown.
    await within(DEADLINE_MS, late, new AbortController().signal, async (deadline) => {
      const answer = await send({ method: 'POST', url, headers, body, hidesPath: true }, deadline);
      status = answer.status;
      await readSome(answer.body);
    });
  } catch (error) {
    if (status === undefined) throw exchangeErrorOf(error, url.host);
  }
  return status ?? 0;
}

/** An outcome. `silent`: the receiver did not answer at all. */
interface Attempt {
  readonly outcome: DeliveryOutcome;
  readonly silent: boolean;
}

async function attempt(delivery: Delivery, destination: Destination, delivering: Delivering): Promise<Attempt> {
  const { now, signal } = delivering;
  const ended = (result: DeliveryOutcome['result'], message: string, silent = false): Attempt => ({
    outcome: outcomeOf(delivery, now(), result, message),
    silent,
  });
  if (signal.aborted) return ended('unsent', 'the process ends');
  if (now() > delivery.startBy) return ended('unsent', 'the record of its intent is too old');
  try {
    const status = await statusOf(destination, delivery.body, delivering);
    return ended(status >= 200 && status < 300 ? 'delivered' : 'failed', statusWords(status));
  } catch (error) {
    return ended('failed', (error as ExchangeError).message, true);
  }
}

function outcomeOf(
  { key, begunAt }: Delivery,
  at: number,
  result: DeliveryOutcome['result'],
  message: string,
): DeliveryOutcome {
  return { key, begunAt, at, result, message };
}

/** Sends one delivery. Never throws. */
export async function deliver(
  delivery: Delivery,
  destination: Destination,
  delivering: Delivering,
): Promise<DeliveryOutcome> {
  return (await attempt(delivery, destination, delivering)).outcome;
}

async function deliverTo(
  destination: Destination,
  deliveries: readonly Delivery[],
  delivering: Delivering,
  report: (outcome: DeliveryOutcome) => void,
): Promise<void> {
  const limit = limiter(MOST_AT_ONCE);
  let silence: string | undefined;
  const one = async (delivery: Delivery): Promise<void> => {
    if (silence !== undefined) return report(outcomeOf(delivery, delivering.now(), 'failed', `not tried: ${silence}`));
    const { outcome, silent } = await attempt(delivery, destination, delivering);
    if (silent) silence = outcome.message;
    report(outcome);
  };
  await Promise.all(deliveries.map((delivery) => limit(() => one(delivery))));
}

/**
 * Sends deliveries to their destinations, and reports each outcome at once. After a receiver did not answer, the others for
 * it fail without a try: a thousand deadlines would take hours.
 */
export async function deliverAll(
  deliveries: readonly Delivery[],
  destinations: readonly Destination[],
  delivering: Delivering,
  report: (outcome: DeliveryOutcome) => void,
): Promise<void> {
  const byReceiver = Map.groupBy(deliveries, ({ receiver }) => receiver);
  const sending = [...byReceiver].map(async ([name, own]) => {
    const destination = destinations.find((each) => each.name === name);
    if (destination !== undefined) return deliverTo(destination, own, delivering, report);
    for (const each of own) report(outcomeOf(each, delivering.now(), 'unsent', 'the receiver is not known'));
  });
  await Promise.all(sending);
}
