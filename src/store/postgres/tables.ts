/** Names of the store's tables, within its schema. */

/** Tables whose rows belong to a project. */
export const PROJECT_TABLES = ['fences', 'records', 'checkpoints', 'quarantine'] as const;

export const TABLES: readonly string[] = [...PROJECT_TABLES, 'version', 'renames'];
