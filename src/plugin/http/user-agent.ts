/** The name and version by which fettle introduces itself to servers. */

import { version } from '../../version.ts';

export const USER_AGENT = `fettle/${version}`;
