/**
 * The least that takes signed events in over HTTP: Node's own server, one signature, one parse, and writes with one
 * `fdatasync` for all requests that wait. `node bare-intake.js FILE` speaks as `intake-server.js` does. The key is in SECRET.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerUsage } from './usage-lines.ts';

const [path] = process.argv.slice(2);
const secret = process.env['SECRET'] ?? '';
if (path === undefined) throw new Error('usage: bare-intake.js FILE');

const file = await open(path, 'a');
let waiting: { readonly line: string; readonly done: () => void }[] = [];
let isWriting = false;

async function write(): Promise<void> {
  if (isWriting) return;
  isWriting = true;
  while (waiting.length > 0) {
    const group = waiting;
    waiting = [];
    await file.write(group.map(({ line }) => line).join(''));
    await file.datasync();
    for (const { done } of group) done();
  }
  isWriting = false;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const time = String(request.headers['x-cert-timestamp']);
    const mac = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
    const isSigned = timingSafeEqual(mac, Buffer.from(String(request.headers['x-cert-signature']), 'hex'));
    const event = JSON.parse(body.toString()) as object;
    const done = (): void => {
      response.writeHead(isSigned ? 202 : 401, { 'content-type': 'application/json' });
      response.end('{"ok":true}\n');
    };
    waiting.push({ line: `${JSON.stringify(event)}\n`, done });
    void write();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
await answerUsage();
server.closeAllConnections();
server.close();
