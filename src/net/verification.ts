/** What OpenSSL says of the chain of a TLS server: of one that is connected to, and of one in memory. */

import { duplexPair } from 'node:stream';
import { type SecureContext, TLSSocket, connect } from 'node:tls';

/** What Node.js calls errors of OpenSSL that it has no code for. */
const NO_CODE = 'UNSPECIFIED';

/** What OpenSSL said last of the chain, in its words: Node.js gives them to `rejectUnauthorized` alone. */
interface Verified {
  readonly verifyError?: () => unknown;
}

/** Why OpenSSL does not trust the chain: Node.js's code, or OpenSSL's words where there is none. */
export function distrustOf(socket: TLSSocket): string | undefined {
  // Typed as an Error, and a code in truth.
  const code = socket.authorizationError as unknown;
  if (typeof code !== 'string' || code !== NO_CODE) return typeof code === 'string' ? code : undefined;
  const error = (Reflect.get(socket, '_handle') as Verified | null | undefined)?.verifyError?.();
  return error instanceof Error ? error.message : code;
}

/**
 * A handshake between a server and a client that are both in memory; nothing is sent to anybody. Gives why the client
 * does not trust the server, as `distrustOf`; the name of the server is for SNI alone. Throws where there is no handshake.
 */
export function handshakeInMemory(
  server: SecureContext,
  client: SecureContext,
  servername: string | undefined,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const [near, far] = duplexPair();
    const serving = new TLSSocket(far, { isServer: true, secureContext: server });
    const asking = connect({
      socket: near,
      secureContext: client,
      ...(servername === undefined ? {} : { servername }),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    const end = (settle: () => void): void => {
      for (const each of [asking, serving, near, far]) each.destroy();
      settle();
    };
    serving.on('error', (error) => end(() => reject(error)));
    asking.on('error', (error) => end(() => reject(error)));
    asking.once('secureConnect', () => {
      const distrust = distrustOf(asking);
      end(() => resolve(distrust));
    });
  });
}
