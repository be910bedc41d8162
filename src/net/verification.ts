/** OpenSSL's verdict on the chain of a TLS server, over a connection or in memory. */

import { duplexPair } from 'node:stream';
import { type SecureContext, TLSSocket, connect } from 'node:tls';

/** Node.js's name for errors of OpenSSL that it has no code for. */
const NO_CODE = 'UNSPECIFIED';

/** OpenSSL's last error about the chain, in its own words: Node.js passes them to `rejectUnauthorized` alone. */
interface Verified {
  readonly verifyError?: () => unknown;
}

/** The reason why OpenSSL does not trust the chain: Node.js's code, or else OpenSSL's words. */
export function distrustOf(socket: TLSSocket): string | undefined {
  // The declared type is Error; the value is a code.
  const code = socket.authorizationError as unknown;
  if (typeof code !== 'string' || code !== NO_CODE) return typeof code === 'string' ? code : undefined;
  const error = (Reflect.get(socket, '_handle') as Verified | null | undefined)?.verifyError?.();
  return error instanceof Error ? error.message : code;
}

/**
 * Runs a handshake between a server and a client in memory; nothing is sent. Returns the reason why the client does not
 * trust the server, as `distrustOf`; the name of the server is for SNI alone. Throws if the handshake fails.
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
