/** The commands of the plugin: `fettle certificates …`. */

import type { PluginCommand } from '#plugin';
import { rehearse } from './rehearse.ts';

export const commands: readonly PluginCommand[] = [rehearse];
