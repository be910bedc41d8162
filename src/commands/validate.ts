/** `fettle validate`: checks schema, references and cycles of the documents; no network, no store. */

import { compareText, counted } from '#plugin';
import { openProject } from '../run/project.ts';
import { sayIdleInDocuments } from '../run/validate.ts';
import { command } from './command.ts';
import { rest, shown, where } from './options.ts';

export const validate = command({
  name: 'validate',
  summary: 'Check schema, references and cycles of the documents, without network access.',
  words: { paths: rest('Files, folders or globs. Default: the documents of fettle.yaml.') },
  options: { ...where, ...shown },
  call: async ({ flags, words: { paths }, host, source, path, say, print }) => {
    const project = await openProject(host, source, say, { paths: paths.map(path) });
    const { documents, setAside } = project;
    if (setAside.length > 0) say({ type: 'problems', problems: setAside });
    if (paths.length === 0) await sayIdleInDocuments(project, say);
    const kinds = new Map<string, number>();
    for (const { ref } of documents)
      kinds.set(`${ref.plugin}/${ref.kind}`, (kinds.get(`${ref.plugin}/${ref.kind}`) ?? 0) + 1);
    if (flags.format === 'json') {
      const counts = { documents: documents.length, set_aside: setAside.length, kinds: Object.fromEntries(kinds) };
      print(`${JSON.stringify({ valid: true, ...counts })}\n`);
      return 'ok';
    }
    const parts = [...kinds].sort(([a], [b]) => compareText(a, b)).map(([kind, count]) => `${count} ${kind}`);
    const aside = setAside.length === 0 ? '' : `; ${counted(setAside.length, 'document')} set aside`;
    print(
      `${counted(documents.length, 'document')} ${documents.length === 1 ? 'is' : 'are'} valid${parts.length === 0 ? '' : `: ${parts.join(', ')}`}${aside}\n`,
    );
    return 'ok';
  },
});
