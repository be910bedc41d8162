/** `npm install` and `npm ci` in a clone: builds `dist/`, unless `--omit=dev` left the build tools out. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

if (existsSync(join(root, 'node_modules', 'rolldown'))) await import('./build.ts');
else if (!existsSync(join(root, 'dist', 'cli.js')))
  process.stderr.write('fettle was not built: dist/ needs the build tools. Run npm ci without --omit=dev.\n');
