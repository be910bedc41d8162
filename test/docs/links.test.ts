/** Links of the documentation: each leads to an existing file of the package, and to an existing heading. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

function packedFiles(): readonly string[] {
  const said = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--dry-run', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    }),
  ) as readonly Packed[] | Readonly<Record<string, Packed>>;
  return Object.values(said).flatMap(({ files }) => files.map(({ path }) => path));
}

/** The anchors of headings, as GitHub makes them. */
function anchors(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The targets of a text's links outside of code, without web addresses. */
function links(text: string): readonly string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gmu, '').replaceAll(/`[^`\n]*`/gu, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/gu)].map(([, to = '']) => to).filter((to) => !/^https?:/u.test(to));
}

it('every link of a text in the package leads to a part of the package', () => {
  const files = packedFiles();
  const texts = files.filter((path) => path.endsWith('.md'));
  for (const needed of ['README.md', 'docs/ci.md', 'docs/configuration.md', 'plugins/nodes/README.md'])
    expect(texts).toContain(needed);
  const broken = texts.flatMap((file) =>
    links(readFileSync(join(root, file), 'utf8'))
      .filter((to) => {
        const [path = '', anchor] = to.split('#');
        const target = path === '' ? file : relative(root, join(root, dirname(file), path));
        const full = join(root, target);
        if (!existsSync(full)) return true;
        if (statSync(full).isDirectory())
          return !files.some((each) => each.startsWith(`${target.replace(/\/$/u, '')}/`));
        if (!files.includes(target)) return true;
        return anchor !== undefined && !anchors(readFileSync(full, 'utf8')).includes(anchor);
      })
      .map((to) => `${file}: ${to}`),
  );
  expect(broken).toEqual([]);
});
