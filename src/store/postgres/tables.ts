/** Names of the store's tables, within its schema. */

/** Those whose rows are a project's. */
export const PROJECT_TABLES = ['fences', 'records', 'checkpoints', 'quarantine'] as const;

export const TABLES: readonly string[] = [...PROJECT_TABLES, 'version', 'renames'];
