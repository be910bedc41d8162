/** The heartbeat of a holder on PostgreSQL: increments its fence row over its own connection, from another thread. */

import { deadlinesOf, openServer } from './connection.ts';
import type { Beating } from '../heartbeat.ts';
import type { Target } from './target.ts';

/** A fence row whose counter is the heartbeat, as data for another thread. */
export interface PostgresBeat {
  readonly kind: 'postgres';
  readonly target: Target;
  readonly project: string;
  /** The holder's id, which is unique, so that a later holder is never kept alive. */
  readonly holderId: string;
  /** Time without an answer, in ms, after which a heartbeat has failed. */
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
