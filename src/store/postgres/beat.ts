/** The heartbeat of a holder on PostgreSQL: counts up its fence row over a connection of its own, from another thread. */

import { deadlinesOf, openServer } from './connection.ts';
import type { Beating } from '../heartbeat.ts';
import type { Target } from './target.ts';

/** What beats, as data that another thread can be given. */
export interface PostgresBeat {
  readonly kind: 'postgres';
  readonly target: Target;
  readonly project: string;
  /** Id of the holder: unique, so that a later one is never kept alive. */
  readonly holderId: string;
  /** After so long without an answer, a heartbeat has failed. */
  readonly deadlineMs: number;
}

export function openPostgresBeat({ target, project, holderId, deadlineMs }: PostgresBeat): Beating {
  const server = openServer(target, deadlinesOf(deadlineMs));
  const text = `UPDATE ${target.schema}.fences SET beat = beat + 1, beat_at = clock_timestamp()
    WHERE project = $1 AND holder_id = $2`;
  return {
    beat: async () => {
      const { count } = await server.transact({ access: 'write' }, (transaction) =>
        transaction.query(text, [project, holderId]),
      );
      return count > 0;
    },
    close: () => server.close(),
  };
}
