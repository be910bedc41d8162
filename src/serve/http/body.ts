/** The body of a request, from Node's own stream: the Web stream of a `Request` costs three times the CPU. */

import type { IncomingMessage } from 'node:http';

/** `too-large`: the rest is not read. `gone`: the sender closed the connection, or was too slow. */
export type Body = Buffer | 'too-large' | 'gone';

/** Reads the exact bytes, at most `limit`. */
export function rawBody(incoming: IncomingMessage, limit: number): Promise<Body> {
  if (Number(incoming.headers['content-length'] ?? 0) > limit) return Promise.resolve('too-large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (body: Body): void => {
      incoming.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= limit) return;
      incoming.pause();
      end('too-large');
    };
    const [onEnd, onClose] = [
      (): void => end(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
      (): void => end('gone'),
    ];
    incoming.on('data', onData).on('end', onEnd).on('close', onClose);
    // An error comes before `close`, which ends the reading.
    incoming.on('error', () => undefined);
  });
}
