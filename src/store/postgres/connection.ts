/**
 * Transactions on a PostgreSQL server, each with its deadlines.
 *
 * A connection can be half open: the other side no longer exists, and no packet says so. So every step has its own
 * limit, on both sides, and a connection that has exceeded one is closed:
 *
 * | Hanging step                                 | Detected by                                   |
 * |-----------------------------------------------|-------------------------------------------------|
 * | connecting, TLS, the password                 | `connectMs`                                     |
 * | one statement, on the server                  | `statement_timeout`; waiting for a row: `lock_timeout` |
 * | one answer, on the way                        | `queryMs`, a little more than the server's own  |
 * | an ended or stopped client, in the server     | `idle_in_transaction_session_timeout`: its row locks end |
 * | a call of many small steps                    | `callMs`                                        |
 *
 * The settings are made inside each transaction, so that they also apply behind a connection pooler.
 */

import { isIPv6 } from 'node:net';
import pg from 'pg';
import { errorCode } from '../error-code.ts';
import { StoreError, StoreSecretError } from '../errors.ts';
import { checkedSocket, DeniedError, type Denial, denialBy } from '../../net/connect.ts';
import { networkPolicy } from '../../net/networks.ts';
import { redact, type Target, type Tls } from './target.ts';
import { InputError, isLoopback, defined } from '#plugin';

/** All in ms. */
export interface Deadlines {
  readonly connectMs: number;
  readonly statementMs: number;
  readonly queryMs: number;
  readonly lockMs: number;
  /** Maximum time that the server lets a transaction wait for its client. */
  readonly idleMs: number;
  /** Maximum time of a short call. */
  readonly callMs: number;
}

/** The deadlines of each step, as parts of the deadline of a whole call. */
export function deadlinesOf(callMs: number): Deadlines {
  return {
    callMs,
    connectMs: Math.ceil(callMs / 6),
    idleMs: Math.ceil(callMs / 6),
    // A client that waits for a row outlives an ended holder of the row.
    lockMs: Math.ceil(callMs / 4),
    statementMs: Math.ceil(callMs / 3),
    queryMs: Math.ceil((callMs * 2) / 5),
  };
}

/** The server refused or did not answer. The transaction had no effect, unless `committing`. */
export class ServerError extends StoreError {
  /** The server's error code, five characters (`28P01`); empty without an answer. */
  readonly sqlState: string;
  /** True if the connection was lost: another one may work. */
  readonly lost: boolean;
  /** True if the commit was sent, so that its result is unknown. */
  readonly committing: boolean;

  constructor(message: string, sqlState: string, lost: boolean, committing: boolean) {
    super(message);
    this.sqlState = sqlState;
    this.lost = lost;
    this.committing = committing;
  }
}

export interface Answer {
  /** Columns as the driver gives them: 64-bit numbers are texts. */
  readonly rows: readonly (readonly (string | boolean | null)[])[];
  /** Number of rows that were returned or changed. */
  readonly count: number;
}

/** An open transaction. */
export interface Transaction {
  query(text: string, values?: readonly unknown[]): Promise<Answer>;
}

export interface TransactOptions {
  readonly access: 'read' | 'write';
  /** True to drop the limit of a whole call, for reading a whole log step by step. */
  readonly long?: boolean;
}

export interface Server {
  /** Runs `work` in one transaction and commits it. Any error rolls it back. Throws ServerError. */
  transact<T>(options: TransactOptions, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function isLoss(error: unknown): boolean {
  // Any answer of the server other than a shutdown, the end of this session, or too many connections.
  return !(error instanceof pg.DatabaseError) || /^(?:08|57P|25P03|25P04|53300)/u.test(error.code ?? '');
}

function sentence(error: unknown, deadlines: Deadlines): string {
  if (error instanceof AggregateError)
    return [...new Set(error.errors.map((one) => sentence(one, deadlines)))].join('; ');
  if (!(error instanceof Error)) return String(error);
  if (error instanceof pg.DatabaseError) return `${error.message} (${error.code ?? 'no code'})`;
  if (error.message === 'timeout expired') return `no answer within ${deadlines.connectMs / 1000} s`;
  if (error.message === 'Query read timeout') return `no answer within ${deadlines.queryMs / 1000} s`;
  if (error.message.startsWith('Connection terminated') || error.message.includes('not queryable'))
    return 'the connection was cut';
  if (error.message === 'The server does not support SSL connections')
    return 'the server does not support TLS, and nothing is sent without TLS. Set up TLS on the server, or set PGSSLMODE=disable to connect without it';
  if (UNVERIFIED.has(errorCode(error)))
    return `the certificate of the server is not trusted: ${error.message} (set PGSSLROOTCERT to the file of its authority)`;
  return systemSentence(error) ?? (error.message === '' ? errorCode(error) : error.message);
}

/** A failed call of the system in words, with the address or the name; undefined for other errors. */
function systemSentence(error: Error): string | undefined {
  const { syscall, code, address, port, hostname } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
    readonly hostname?: string;
  };
  if (syscall === 'connect' && address !== undefined)
    return `the connection to ${port === undefined ? address : `${isIPv6(address) ? `[${address}]` : address}:${port}`} failed (${code})`;
  if (syscall === 'getaddrinfo' && hostname !== undefined) return `the name ${hostname} does not resolve (${code})`;
  return undefined;
}

const UNVERIFIED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The driver's TLS settings, all of them explicit, so that no default of the driver or of Node.js applies. */
function sslOf(tls: Tls | undefined): NonNullable<pg.ClientConfig['ssl']> {
  if (tls === undefined) return false;
  const { verify, ca, cert, key, minVersion } = tls;
  return defined({
    rejectUnauthorized: verify !== 'none',
    minVersion: minVersion ?? 'TLSv1.2',
    checkServerIdentity: verify === 'chain' ? () => undefined : undefined,
    ca,
    cert,
    key,
  });
}

/** Limits a connection without TLS to this machine if the target requires it. */
function denialFor({ allowNetworks, loopbackOnly }: Target): Denial {
  const denied = denialBy(networkPolicy(allowNetworks, []));
  return loopbackOnly ? (address) => (isLoopback(address) ? denied(address) : 'another machine') : denied;
}

/** A client that connects to the target alone. The environment does not reach the driver. */
function clientFor(target: Target, denial: Denial, deadlines: Deadlines): pg.Client {
  let inClear = false;
  const password = (): string => {
    if (target.password === undefined)
      throw new StoreSecretError(
        `the store ${target.place} requires a password, and none is set: ${target.noPassword}`,
      );
    if (inClear && !target.mayShow)
      throw new StoreError(
        `the store ${target.place} requests the password itself or its MD5, and the connection is not protected by TLS ` +
          'with a verified certificate: the password is not sent',
      );
    return target.password;
  };
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password,
    ssl: sslOf(target.tls),
    application_name: target.applicationName,
    connectionTimeoutMillis: deadlines.connectMs,
    query_timeout: deadlines.queryMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => checkedSocket(denial),
    ...({ sslnegotiation: target.tls?.direct === true ? 'direct' : 'postgres' } as object),
  });
  // Settings that the driver would otherwise take from the environment.
  const { connectionParameters } = client as unknown as { readonly connectionParameters: Record<string, unknown> };
  connectionParameters['options'] = target.options;
  connectionParameters['replication'] = undefined;
  for (const event of ['authenticationCleartextPassword', 'authenticationMD5Password'])
    client.connection.on(event, () => {
      inClear = true;
    });
  return client;
}

interface Connection {
  query(text: string, values?: readonly unknown[]): Promise<pg.QueryArrayResult<(string | boolean | null)[]>>;
  isOpen(): boolean;
  /** Marks the connection as idle or busy. An idle connection does not keep the process alive. */
  rest(idle: boolean): void;
  /** Closes the connection at once, without a message to the server. */
  destroy(): void;
  end(): Promise<void>;
}

/**
 * A server that requires a password, or that cannot be reached while no password is set, as in a pull request from a
 * fork: the secret is missing.
 */
function withoutSecret(target: Target, error: StoreError | InputError): StoreError | InputError {
  if (target.password !== undefined || target.tls?.key !== undefined || !(error instanceof ServerError)) return error;
  const isNear = isLoopback(target.host) || target.host.startsWith('/');
  const isRefused = error.sqlState.startsWith('28') || (error.lost && !isNear);
  return isRefused ? new StoreSecretError(`${error.message}. A password is not set: ${target.noPassword}`) : error;
}

/** Opens a server. The first transaction connects. */
export function openServer(target: Target, deadlines: Deadlines): Server {
  const idle: Connection[] = [];
  const denial = denialFor(target);

  function failed(error: unknown, committing = false): StoreError | InputError {
    if (error instanceof StoreError || error instanceof InputError) return error;
    const lost = isLoss(error);
    const text =
      error instanceof DeniedError && target.loopbackOnly
        ? `${target.host} leads to another machine, and the connection has no TLS`
        : redact(target, sentence(error, deadlines));
    const sqlState = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
    return new ServerError(`the store ${target.place} cannot be used: ${text}`, sqlState, lost, committing && lost);
  }

  async function connect(): Promise<Connection> {
    const client = clientFor(target, denial, deadlines);
    let open = true;
    const destroy = (): void => {
      open = false;
      client.connection.stream.destroy();
    };
    // A broken idle connection is reported only here.
    client.on('error', destroy);
    client.on('end', () => {
      open = false;
    });
    try {
      await client.connect();
    } catch (error) {
      destroy();
      throw error;
    }
    return {
      query: async (text, values) => {
        try {
          return await client.query({ text, rowMode: 'array', values: values === undefined ? [] : [...values] });
        } catch (error) {
          if (isLoss(error)) destroy();
          throw error;
        }
      },
      isOpen: () => open,
      rest: (resting) => {
        const { stream } = client.connection;
        const socket = stream as unknown as { ref?: () => void; unref?: () => void };
        if (resting) socket.unref?.();
        else socket.ref?.();
      },
      destroy,
      end: async () => {
        if (!open) return;
        const timer = setTimeout(destroy, deadlines.connectMs);
        await client.end().catch(() => undefined);
        clearTimeout(timer);
      },
    };
  }

  function opening({ access }: TransactOptions): string {
    const begin =
      access === 'read' ? 'ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'ISOLATION LEVEL READ COMMITTED READ WRITE';
    const settings = [
      `SET LOCAL statement_timeout = ${deadlines.statementMs}`,
      `SET LOCAL lock_timeout = ${deadlines.lockMs}`,
      `SET LOCAL idle_in_transaction_session_timeout = ${deadlines.idleMs}`,
      // pg_temp is last; otherwise temporary tables would come first.
      'SET LOCAL search_path = pg_catalog, pg_temp',
      'SET LOCAL standard_conforming_strings = on',
    ];
    // Overrides the database's setting: an acknowledged commit is on disk. Stricter settings stay.
    const durable =
      "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
    // Compiling the checks of the tables takes ten times as long as to run them. Older servers do not compile.
    const plain = "SELECT set_config('jit', 'off', true) WHERE current_setting('jit', true) = 'on'";
    // A log is read page by page along its key. Without statistics, as in a table that has just been filled, the
    // planner would collect and sort all following rows for each page.
    const along = ['bitmapscan', 'seqscan', 'sort'].map((way) => `SET LOCAL enable_${way} = off`);
    return [`BEGIN ${begin}`, ...settings, plain, ...(access === 'write' ? [durable] : along)].join('; ');
  }

  /** A connection with an open transaction. Replaces an idle connection that turns out to be dead. */
  async function begin(options: TransactOptions): Promise<Connection> {
    for (let old = idle.pop(); old !== undefined; old = idle.pop()) {
      if (!old.isOpen()) continue;
      old.rest(false);
      try {
        await old.query(opening(options));
        return old;
      } catch (error) {
        old.destroy();
        if (!isLoss(error)) throw error;
      }
    }
    const made = await connect();
    try {
      await made.query(opening(options));
    } catch (error) {
      made.destroy();
      throw error;
    }
    return made;
  }

  function release(connection: Connection): void {
    if (!connection.isOpen()) return;
    connection.rest(true);
    idle.push(connection);
  }

  /** Rolls a transaction back. The message need not arrive. */
  async function rollBack(connection: Connection): Promise<void> {
    if (!connection.isOpen()) return;
    await connection.query('ROLLBACK').then(
      () => release(connection),
      () => connection.destroy(),
    );
  }

  async function transact<T>(options: TransactOptions, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    let connection: Connection;
    try {
      connection = await begin(options);
    } catch (error) {
      throw withoutSecret(target, failed(error));
    }
    let late: StoreError | undefined;
    let committing = false;
    const timer = options.long
      ? undefined
      : setTimeout(() => {
          const message = `the store ${target.place} cannot be used: not done within ${deadlines.callMs / 1000} s`;
          late = new ServerError(message, '', true, committing);
          connection.destroy();
        }, deadlines.callMs);
    try {
      const value = await work({
        query: async (text, values) => {
          try {
            const { rows, rowCount } = await connection.query(text, values);
            return { rows, count: rowCount ?? 0 };
          } catch (error) {
            throw late ?? failed(error);
          }
        },
      });
      if (options.access === 'read') {
        await rollBack(connection);
        return value;
      }
      committing = true;
      const { command } = await connection.query('COMMIT');
      if (command !== 'COMMIT')
        throw new ServerError(
          `the store ${target.place} cannot be used: the transaction was rolled back`,
          '',
          false,
          false,
        );
      release(connection);
      return value;
    } catch (error) {
      if (committing) {
        connection.destroy();
        throw late ?? failed(error, true);
      }
      await rollBack(connection);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    transact,
    close: async () => {
      await Promise.all(idle.splice(0).map((connection) => connection.end()));
    },
  };
}
