/** Names of the store's tables, within its schema. */

/** Tables whose rows belong to a project. A rename locks the row of `fences` first. */
export const PROJECT_TABLES = ['fences', 'records', 'checkpoints', 'quarantine', 'inbox'] as const;

export const TABLES: readonly string[] = [...PROJECT_TABLES, 'version', 'renames'];
