/** The rows that `fettle serve` may apply by itself: those that its host permits, narrowed by the project. Pure. */

import { type Action, type Cause, type DriftSeverity, type FileSeen, formatRef, type Resource } from '#plugin';
import { driftedFields, isLastApplied, pendingEdits } from './causes.ts';
import { repositoryFilesOf } from './covers.ts';
import { needsOf } from './safety-inputs.ts';
import type { ServeHost } from './generated.ts';

/** Permits some rows of one plugin. */
export type Permission = ServeHost['apply'][number];

export interface Permissions {
  /** From the machine of the daemon. Without any, no row is applied. */
  readonly host: readonly Permission[];
  /** From `fettle.yaml`, which a pull request can change: it only narrows. Undefined: no narrowing. */
  readonly project: readonly Permission[] | undefined;
}

/** True if the last applied spec is too large for the log, and is another one: its differences are not known. */
function isUnknownEdit(resource: Resource | undefined): boolean {
  const { desired, memory } = resource ?? {};
  const { applied } = memory ?? {};
  return (
    desired !== undefined && applied !== undefined && applied.spec === undefined && !isLastApplied(desired, memory)
  );
}

type Resources = ReadonlyMap<string, Resource>;

/** The resource of a row, and all of the refresh. */
interface Place {
  readonly resource: Resource | undefined;
  readonly resources: Resources;
}

/** The resource whose document decides that of a row: a pool, for a server of it. */
function sourceOf({ follows }: Action, { resource, resources }: Place): Resource | undefined {
  const { expandedFrom } = resource?.desired ?? {};
  const address = follows ?? (expandedFrom === undefined ? undefined : formatRef(expandedFrom));
  return address === undefined ? undefined : resources.get(address);
}

/** True if the row uses a file of the repository that differs from the one that was last approved for its resource, or for one that it needs. */
function usesEditedFile(action: Action, place: Place): boolean {
  const { resource, resources } = place;
  const needed = resource === undefined ? [] : needsOf(resource).map((address) => resources.get(address));
  const approved = [resource, sourceOf(action, place), ...needed];
  const isApproved = ({ path, digest }: FileSeen): boolean =>
    digest !== undefined && approved.some((each) => each?.memory?.digests?.[path] === digest);
  return !repositoryFilesOf(action.covers).every(isApproved);
}

/** True for a step of another cause that would also apply an edit: the run may have the cause edit for other rows. */
function carriesEdit(action: Action, place: Place): boolean {
  const {
    change: { cause, fields },
    edits = [],
  } = action;
  if (cause === 'new' || cause === 'edit') return false;
  if (usesEditedFile(action, place)) return true;
  if (cause === 'orphan') return false;
  // All fields of a row with the cause drift are drifted.
  return edits.length > 0 || (cause !== 'drift' && fields.length > 0) || isUnknownEdit(place.resource);
}

/** True if the row heals drift, alone or with an edit, or if that is not known. Steps of any cause can. */
function healsDrift({ change: { cause, drifted = [], fields } }: Action, resource: Resource | undefined): boolean {
  if (cause === 'drift' || drifted.length > 0) return true;
  if (resource === undefined || fields.length === 0) return false;
  return isUnknownEdit(resource) || driftedFields(fields, resource).length > 0;
}

/** True if the step would use a document of another resource whose edit was not applied, and the causes exclude edits. */
function usesEdit({ change }: Action, { resource, resources }: Place, { causes }: Permission): boolean {
  if (resource === undefined) return false;
  return pendingEdits(change, resource, (address) => resources.get(address), new Set(causes)).length > 0;
}

function covers(permission: Permission, action: Action, place: Place): boolean {
  const { plugin, kinds, steps, causes, removals = false } = permission;
  const { ref, step, goal, cause } = action.change;
  const isRemoval = goal === 'remove' || goal === 'replace';
  return (
    plugin === ref.plugin &&
    (kinds === undefined || kinds.includes(ref.kind)) &&
    steps.includes(step) &&
    causes.some((each) => each === cause) &&
    (!carriesEdit(action, place) || causes.includes('edit')) &&
    !usesEdit(action, place, permission) &&
    (!healsDrift(action, place.resource) || causes.includes('drift')) &&
    (!isRemoval || removals)
  );
}

const HEALED: ReadonlySet<DriftSeverity> = new Set(['low', 'medium']);

/** The severity of the drift that an action heals. One that its kind does not know is high, and left to a person. */
function severityOf({ change }: Action, resource: Resource | undefined): DriftSeverity {
  try {
    return resource?.kind.driftSeverity?.(change, resource) ?? 'high';
  } catch {
    return 'high';
  }
}

/**
 * True for a row that host and project permit, with any verdict. `resource`: that of the row. `resources`: all
 * of the refresh, for edits of those that it depends on.
 */
export function isPermitted(
  action: Action,
  { host, project }: Permissions,
  resource: Resource | undefined,
  resources: Resources = new Map(),
): boolean {
  const isCovered = (permissions: readonly Permission[]): boolean =>
    permissions.some((permission) => covers(permission, action, { resource, resources }));
  if (!isCovered(host) || (project !== undefined && !isCovered(project))) return false;
  return !healsDrift(action, resource) || HEALED.has(severityOf(action, resource));
}

/** True for an accepted row that serve may apply. A person has to confirm an override. */
export function isUnattended(
  action: Action,
  permissions: Permissions,
  resource: Resource | undefined,
  resources: Resources = new Map(),
): boolean {
  return (
    isPermitted(action, permissions, resource, resources) &&
    action.judgements.every(({ overridden }) => overridden === undefined)
  );
}

/** The causes of the rows that may be applied; undefined if no row may. */
export function permittedCauses({ host, project }: Permissions): ReadonlySet<Cause> | undefined {
  const causes: ReadonlySet<Cause> = new Set(host.flatMap((permission) => permission.causes));
  const narrowed =
    project === undefined ? causes : causes.intersection(new Set(project.flatMap((permission) => permission.causes)));
  return narrowed.size === 0 ? undefined : narrowed;
}
