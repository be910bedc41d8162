/** `fettle state mv`, `rename`, `forget` and `pull`: memory goes to another name, the project gets one, memory is given up, or is printed whole. Nothing in the world changes. */

import { PROJECT_NAME } from '../engine/load/config.ts';
import { addressMatcher } from '../engine/address-glob.ts';
import { formatRef, printable } from '#plugin';
import { rememberedOf } from '../engine/remember.ts';
import { plural } from '../report/text.ts';
import type { Shell } from '../shell.ts';
import { mustAgree } from './ask.ts';
import { exitCode } from './ending.ts';
import { type Flags, UsageError } from './flags.ts';
import { warnOfLog } from './looking.ts';
import { addressOf, nothingRemembered } from './selectors.ts';
import { openConfig, openStore, recallFrom } from './session.ts';
import { refuseInCi, writingLog } from './writing.ts';

/** Memory of one name becomes that of another, with what others need of it. */
export async function stateMove(fromText: string, toText: string, flags: Flags, shell: Shell): Promise<number> {
  const [from, to] = [addressOf(fromText), addressOf(toText)];
  const [source, target] = [formatRef(from), formatRef(to)];
  if (from.plugin !== to.plugin || from.kind !== to.kind)
    throw new UsageError('a resource keeps its plugin and kind: only scope and name can change');
  if (source === target) throw new UsageError('both names are the same');
  const config = await openConfig(flags, shell);
  refuseInCi(config, 'state mv', shell);
  const [reason] = flags.reason ?? [];
  return writingLog(flags, shell, config, { command: 'state mv' }, async ({ recall, record, run, head }) => {
    const memory = recall.resources.get(source);
    if (memory === undefined) throw new UsageError(nothingRemembered(source, recall.resources.keys()));
    if (memory.open !== undefined)
      throw new UsageError(`${source} has an open step (${memory.open.step}): apply settles it first`);
    if (recall.resources.has(target)) throw new UsageError(`${target} is remembered already`);
    await record([{ kind: 'moved', body: { run, from, ref: to, ...(reason === undefined ? {} : { reason }) } }]);
    shell.stdout.write(
      `${printable(source)} is remembered as ${printable(target)}; give its document that name too\nlog head ${head()?.seq}:${head()?.hash}\n`,
    );
    return { exit: 'ok', counts: { moved: 1 } };
  });
}

/** The project gets another name, in its log and for everything that goes by it. */
export async function stateRename(from: string, to: string, flags: Flags, shell: Shell): Promise<number> {
  for (const name of [from, to])
    if (!PROJECT_NAME.test(name))
      throw new UsageError(
        `"${name}" is not a name of a project: up to 63 letters, digits, dots, underscores and dashes`,
      );
  if (from === to) throw new UsageError('both names are the same');
  const config = await openConfig(flags, shell);
  refuseInCi(config, 'state rename', shell);
  if (config.nameWritten && config.name !== from && config.name !== to)
    throw new UsageError(`fettle.yaml has the name ${config.name}, which is neither ${from} nor ${to}`);
  // Only whoever says what the log says may rename it.
  const project = { ...config, name: from };
  const before = await openStore(project, shell);
  try {
    const found = await before.project();
    if (found === undefined) throw new UsageError(`there is no log of the project ${from} at ${before.place}`);
    if (found !== from) throw new UsageError(`the log of ${before.place} is that of the project ${found}, not ${from}`);
  } finally {
    await before.close();
  }
  const [reason] = flags.reason ?? [];
  return writingLog(flags, shell, project, { command: 'state rename' }, async ({ store, recall, fence, run }) => {
    const rename = { to, run, ...(reason === undefined ? {} : { reason }) };
    await store.rename(rename, rememberedOf(recall), fence);
    if (flags.format === 'json') shell.stdout.write(`${JSON.stringify({ from, to })}\n`);
    else {
      shell.stdout.write(
        `the project ${from} is called ${to} from here on\n` +
          (config.nameWritten && config.name === from ? `Write name: ${to} in fettle.yaml.\n` : '') +
          `What carries the old name in the world, such as a label of a server, is a change in the next plan.\n`,
      );
    }
    return { exit: 'ok', counts: { renamed: 1 } };
  });
}

export async function stateForget(words: readonly string[], flags: Flags, shell: Shell): Promise<number> {
  if (words.length === 0) throw new UsageError('an address is expected, or a glob such as "nodes/Node/*"');
  const tests = words.map((word) => ({ word, matches: addressMatcher(word) }));
  const config = await openConfig(flags, shell);
  refuseInCi(config, 'state forget', shell);
  const [reason] = flags.reason ?? [];
  return writingLog(
    flags,
    shell,
    config,
    { command: 'state forget' },
    async ({ recall, record, run, signals, head }) => {
      const known = [...recall.resources.keys()].sort();
      for (const { word, matches } of tests)
        if (!known.some(matches)) throw new UsageError(nothingRemembered(word, known));
      const going = known.filter((address) => tests.some(({ matches }) => matches(address)));
      const guarded = going.filter((address) => recall.resources.get(address)?.protect === true);
      for (const address of going) shell.stdout.write(`  ${printable(address)}\n`);
      shell.stdout.write(
        'Nothing in the world changes. What is written is adopted or created by the next apply; the rest is not managed any more.\n' +
          (guarded.length === 0 ? '' : `Protected, and no longer after this: ${guarded.map(printable).join(', ')}\n`),
      );
      if (going.length > 1 || guarded.length > 0)
        await mustAgree(`Forget ${plural(going.length, 'resource')}?`, flags, shell, signals.stop);
      signals.stop.throwIfAborted();
      await record(
        going.map((address) => {
          const ref = recall.resources.get(address)?.ref ?? addressOf(address);
          return { kind: 'memory', body: { run, ref, goal: 'release', because: reason ?? 'state forget' } };
        }),
      );
      shell.stdout.write(`forgotten: ${going.length}\nlog head ${head()?.seq}:${head()?.hash}\n`);
      return { exit: 'ok', counts: { forgotten: going.length } };
    },
  );
}

/** Everything that is remembered, one JSON line each: what a checkpoint says. */
export async function statePull(flags: Flags, shell: Shell): Promise<number> {
  const store = await openStore(await openConfig(flags, shell), shell);
  try {
    const { recall, report } = await recallFrom(store);
    warnOfLog(report, store, shell);
    if (report.status === 'none') shell.stderr.write(`there is no log at ${store.place}\n`);
    for (const each of rememberedOf(recall)) shell.stdout.write(`${JSON.stringify(each)}\n`);
    return report.status === 'damaged' ? exitCode('error') : 0;
  } finally {
    await store.close();
  }
}
