/**
 * `#plugin`: the pure part of the plugin API. Parts that reach outside the process have their own names:
 * `#plugin/http`, `#plugin/net`, `#plugin/files`, `#plugin/deadline`, `#plugin/limit`, `#plugin/program`,
 * `#plugin/windows`.
 *
 * No module here imports the engine; the engine uses the same types.
 */

export * from './alert.ts';
export * from './answer-form.ts';
export * from './backoff.ts';
export * from './canonical.ts';
export * from './challenges.ts';
export * from './commands.ts';
export * from './defined.ts';
export * from './dns-names.ts';
export * from './error-text.ts';
export * from './errors.ts';
export * from './endpoints.ts';
export * from './events.ts';
export * from './in-effect.ts';
export * from './intent.ts';
export * from './kind-handle.ts';
export * from './metric.ts';
export * from './ledger.ts';
export * from './nearest.ts';
export * from './origin.ts';
export * from './paths.ts';
export * from './places.ts';
export * from './plugin.ts';
export * from './pointer.ts';
export * from './printable.ts';
export * from './provider-endpoint.ts';
export * from './redact.ts';
export * from './ref.ts';
export type * from './regions.ts';
export * from './resource.ts';
export * from './safety-inputs.ts';
export * from './sandbox.ts';
export * from './schema-runtime.ts';
export * from './secret.ts';
export * from './sight.ts';
export * from './steps.ts';
export * from './tables.ts';
export * from './text.ts';
export * from './time.ts';
export * from './types.ts';
export * from './verdict.ts';
export * from './watcher.ts';
