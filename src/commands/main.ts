/** The list of commands, in the order of the help; each is loaded when it is called or listed. */

import { commandLine, commandTable } from './command-line.ts';

export const main = commandLine(
  commandTable({
    init: async () => (await import('./init.ts')).init,
    validate: async () => (await import('./validate.ts')).validate,
    plan: async () => (await import('./plan.ts')).plan,
    show: async () => (await import('./show.ts')).show,
    apply: async () => (await import('./apply.ts')).apply,
    drift: async () => (await import('./drift.ts')).drift,
    explain: async () => (await import('./explain.ts')).explain,
    import: async () => (await import('./import.ts')).importCommand,
    'log list': async () => (await import('./log-list.ts')).logList,
    'log why': async () => (await import('./log-why.ts')).logWhy,
    'log stats': async () => (await import('./log-stats.ts')).logStats,
    'log verify': async () => (await import('./log-verify.ts')).logVerify,
    'log export': async () => (await import('./log-export.ts')).logExport,
    'log recover': async () => (await import('./log-recover.ts')).logRecover,
    'log prune': async () => (await import('./log-prune.ts')).logPrune,
    'lock status': async () => (await import('./lock-status.ts')).lockStatus,
    'force-unlock': async () => (await import('./force-unlock.ts')).forceUnlock,
    'state list': async () => (await import('./state-list.ts')).stateList,
    'state show': async () => (await import('./state-show.ts')).stateShow,
    'state mv': async () => (await import('./state-mv.ts')).stateMv,
    'state rename': async () => (await import('./state-rename.ts')).stateRename,
    'state forget': async () => (await import('./state-forget.ts')).stateForget,
    'state pull': async () => (await import('./state-pull.ts')).statePull,
    schema: async () => (await import('./schema.ts')).schema,
    graph: async () => (await import('./graph.ts')).graph,
    completion: async () => (await import('./completion.ts')).completion,
    'sandbox up': async () => (await import('./sandbox-up.ts')).sandboxUp,
    version: async () => (await import('./version.ts')).version,
  }),
);
