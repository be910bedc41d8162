/** The process that reads: takes questions and snapshots of the daemon, one message each, and sends answers. */

import { errorText, isRecord } from '#plugin';
import type { Listener } from '../../run/events.ts';
import type { Handed } from '../../run/last-valid.ts';
import type { Workspace } from '../../run/project.ts';
import { Answerer } from './answerer.ts';
import { type Answer, type Question, questionName, refusal } from './question.ts';
import { Recorded } from './recorded.ts';
import { type Snapshot, type SnapshotUpdate, updated } from './snapshot.ts';

/** A message of the daemon. */
export type ReaderMessage =
  | { readonly snapshot: Snapshot }
  | { readonly update: SnapshotUpdate }
  | { readonly id: number; readonly question: Question };

/** The reply to a question, or a sign that the read of the log advances. */
export type ReaderReply = { readonly id: number; readonly answer: Answer } | { readonly advanced: true };

const FAILED = refusal(500, 'failed', 'the answer failed');

/** Answers until `messages` ends. `open`: gets the first snapshot. */
export async function runReader(
  open: (handed: Handed) => Promise<Workspace>,
  messages: AsyncIterable<unknown>,
  reply: (message: ReaderReply) => Promise<void>,
  say: Listener,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let recorded: Recorded | undefined;
  let answerer: Answerer | undefined;
  const answer = async (id: number, question: Question): Promise<void> => {
    const given = await answerer?.answer(question).catch((error: unknown) => {
      say({ type: 'answers-problem', message: `the answer to ${questionName(question)} failed: ${errorText(error)}` });
      return undefined;
    });
    await reply({ id, answer: given ?? FAILED });
  };
  for await (const message of messages) {
    if (!isRecord(message)) continue;
    // Only the daemon sends messages: first a snapshot, and then updates and questions.
    const given = message as unknown as ReaderMessage;
    if ('snapshot' in given) {
      const advanced = (): void => void reply({ advanced: true }).catch(() => undefined);
      recorded ??= new Recorded(await open(given.snapshot), say, advanced);
      answerer ??= new Answerer(recorded);
      recorded.take(given.snapshot);
    } else if ('update' in given) {
      recorded?.take(updated(recorded.snapshot, given.update));
    } else {
      const work = answer(given.id, given.question);
      running.add(work);
      void work.finally(() => running.delete(work));
    }
  }
  await Promise.allSettled(running);
  await recorded?.close();
}
