/** The states of a fabric after a refresh: which events its evidence means, in which order. */

import { type Combination, type Connection, type Recorded, STATUSES, type Status, type Sync } from './combination.ts';
import { type FabricEvent, moved } from './events.ts';

/** The course of the Agents of the switches; `none`: the fabric does not have Agents, and its objects alone decide. */
export type AgentCourse = 'none' | 'applied' | 'pending' | 'failing' | 'silent';

/** The evidence of one refresh. */
export interface Evidence {
  /** `kept`: the connection was not tested, because its next test is not due yet. */
  readonly connection: 'passed' | 'failed' | 'kept';
  /** True if the Git repository of the fabric cannot be read. */
  readonly repositoryFailed?: boolean;
  /** Absent if not all objects were refreshed. */
  readonly objects?: { readonly total: number; readonly differing: number };
  /** Absent if the Agents were not read. */
  readonly agents?: AgentCourse;
}

/** Causes of a change of the status, other than a row. */
export interface StatusCauses {
  /** A window or a request for maintenance covers the present time. */
  readonly isMaintenanceDue: boolean;
  /** The recorded maintenance began by a window or a request, and ends with it. */
  readonly endsByItself: boolean;
  /** A planned fabric becomes active without a row. */
  readonly activates: 'after-first-sync' | 'now' | 'by-row';
}

/** Deadlines that have passed since the last recorded refresh. */
export interface Overdue {
  readonly test: boolean;
  readonly sync: boolean;
}

export interface Refreshed {
  readonly state: Combination;
  /** The states that each machine went through, with the first and the last one. */
  readonly ways: {
    readonly status: readonly Status[];
    readonly connection: readonly Connection[];
    readonly sync: readonly Sync[];
  };
}

/** A combination with the ways to it. */
class Course {
  #state: Combination;
  readonly #status: Status[];
  readonly #connection: Connection[];
  readonly #sync: Sync[];

  constructor(start: Combination) {
    this.#state = start;
    this.#status = [start.status];
    this.#connection = [start.connection];
    this.#sync = [start.sync];
  }

  get state(): Combination {
    return this.#state;
  }

  /** Takes events in their order; one that the tables forbid now is left out, and those after it too. */
  take(...events: readonly FabricEvent[]): void {
    for (const event of events) {
      const after = moved(this.#state, event);
      if ('refused' in after) return;
      const before: Recorded = this.#state;
      this.#state = after.state;
      const { status, connection, sync } = after.state;
      if (status !== before.status) this.#status.push(status);
      if (connection !== before.connection) this.#connection.push(connection);
      if (sync !== before.sync) this.#sync.push(sync);
    }
  }

  end(): Refreshed {
    return { state: this.#state, ways: { status: this.#status, connection: this.#connection, sync: this.#sync } };
  }
}

function takeConnection(course: Course, { connection: found }: Evidence, isOverdue: boolean): void {
  const { connection } = course.state;
  if (found === 'kept') {
    if (connection === 'TESTING' && isOverdue) course.take('test-failed');
    return;
  }
  if (found === 'failed' && connection === 'CONNECTED') return course.take('connection-lost');
  if (found === 'passed' && connection === 'CONNECTED') return;
  if (connection !== 'TESTING') course.take('test-started');
  course.take(found === 'passed' ? 'test-passed' : 'test-failed');
}

function takeMaintenance(course: Course, { isMaintenanceDue, endsByItself }: StatusCauses): void {
  if (isMaintenanceDue) course.take('maintenance-started');
  else if (endsByItself) course.take('maintenance-ended');
}

/** Ends a sync that is under way by the course of the Agents. Starts it first if none is. */
function takeAgents(course: Course, agents: AgentCourse, isOverdue: boolean): void {
  const { sync } = course.state;
  const starts: readonly FabricEvent[] = sync === 'SYNCING' ? [] : ['sync-started'];
  if (agents === 'failing' || agents === 'silent') {
    if (sync !== 'ERROR') course.take(...starts, 'sync-failed');
  } else if (agents === 'pending') {
    if (sync === 'SYNCING' && isOverdue) course.take('sync-failed');
    // A sync that failed by its deadline stays failed until the Agents have applied it.
    else if (sync !== 'ERROR') course.take(...starts);
  } else if (sync !== 'IN_SYNC') course.take(...starts, 'sync-succeeded');
}

function takeSync(course: Course, { objects, agents }: Evidence, isOverdue: boolean): void {
  if (course.state.connection !== 'CONNECTED') return;
  const isUnderWay = course.state.sync === 'SYNCING';
  if (objects === undefined || agents === undefined) {
    if (isUnderWay && isOverdue) course.take('sync-failed');
    return;
  }
  if (objects.differing === 0) {
    if (objects.total > 0) takeAgents(course, agents, isOverdue);
    return;
  }
  if (isUnderWay) takeAgents(course, agents, isOverdue);
  course.take('drift-found');
}

function takeActivation(course: Course, { activates }: StatusCauses, { repositoryFailed }: Evidence): void {
  const { connection, sync, status } = course.state;
  if (status !== 'PLANNED' || connection !== 'CONNECTED' || repositoryFailed === true) return;
  if (activates === 'now' || (activates === 'after-first-sync' && sync === 'IN_SYNC')) course.take('activated');
}

/** The states after a refresh. Total: every combination and evidence gives a possible combination. */
export function refreshed(start: Combination, evidence: Evidence, causes: StatusCauses, overdue: Overdue): Refreshed {
  const course = new Course(start);
  takeConnection(course, evidence, overdue.test);
  takeMaintenance(course, causes);
  if (evidence.repositoryFailed === true) course.take('repository-failed');
  else takeSync(course, evidence, overdue.sync);
  takeActivation(course, causes, evidence);
  // A maintenance that is due at the activation begins with it.
  takeMaintenance(course, causes);
  return course.end();
}

export function isStatus(text: string | undefined): text is Status {
  return STATUSES.some((each) => each === text);
}
