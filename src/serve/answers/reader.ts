/** The process that reads: takes questions and snapshots of the daemon, one message each, and sends answers. */

import { errorText, isRecord } from '#plugin';
import type { Listener } from '../../run/events.ts';
import type { Workspace } from '../../run/project.ts';
import { type Answer, Answerer, type Question } from './answerer.ts';
import { Recorded } from './recorded.ts';
import type { Snapshot } from './snapshot.ts';

/** A message of the daemon. */
export type ReaderMessage = { readonly snapshot: Snapshot } | { readonly id: number; readonly question: Question };

/** The reply to a question. */
export interface ReaderReply {
  readonly id: number;
  readonly answer: Answer;
}

const FAILED: Answer = {
  status: 500,
  text: JSON.stringify({ ok: false, error: 'failed', message: 'the answer failed' }),
};

/** Answers until `messages` ends. */
export async function runReader(
  workspace: Workspace,
  messages: AsyncIterable<unknown>,
  reply: (message: ReaderReply) => Promise<void>,
  say: Listener,
  heard: (line: string) => void,
): Promise<void> {
  const recorded = new Recorded(workspace, say);
  const answerer = new Answerer(recorded);
  const take = async ({ id, question }: Extract<ReaderMessage, { readonly id: number }>): Promise<void> => {
    const answer = await answerer.answer(question).catch((error: unknown) => {
      heard(`error: the answer to ${question.endpoint} failed: ${errorText(error)}`);
      return FAILED;
    });
    await reply({ id, answer });
  };
  const running = new Set<Promise<void>>();
  for await (const message of messages) {
    if (!isRecord(message)) continue;
    // Only the daemon sends messages.
    const given = message as unknown as ReaderMessage;
    if ('snapshot' in given) recorded.take(given.snapshot);
    else {
      const work = take(given);
      running.add(work);
      void work.finally(() => running.delete(work));
    }
  }
  await Promise.allSettled(running);
  await recorded.close();
}
