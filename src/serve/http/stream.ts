/** The stream of changes of a project, as server-sent events: wake-ups without data. The id is the head of the log. */

import type { Changes } from '../changes.ts';
import { plainReply, streamOf } from './reply.ts';

const HEARTBEAT_MS = 15_000;
/** Streams of one project. */
const MOST_STREAMS = 100;

export function streamReply(changes: Changes, method: string): Response {
  if (method === 'HEAD') return streamOf(null);
  if (changes.listeners >= MOST_STREAMS) return plainReply(503, 'too many pages are open', { 'retry-after': '30' });
  const encoder = new TextEncoder();
  let forget: () => void = () => undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  const stop = (): void => {
    forget();
    clearInterval(heartbeat);
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const end = (): void => {
          stop();
          controller.close();
        };
        const send = (text: string): void => {
          // A receiver that reads nothing is not waited for.
          if ((controller.desiredSize ?? 0) <= 0) end();
          else controller.enqueue(encoder.encode(text));
        };
        heartbeat = setInterval(() => send(':\n\n'), HEARTBEAT_MS);
        forget = changes.listen((head) => send(`event: head\nid: ${head}\ndata:\n\n`), end);
      },
      cancel: stop,
    },
    { highWaterMark: 20 },
  );
  return streamOf(body);
}
