/** Plugins that the configuration names and that are not loaded. */

/** The message of the gap of a plugin that is not loaded. */
export function notLoaded(plugin: string): string {
  return `The plugin ${plugin} is not loaded. Install its package next to fettle and name it in FETTLE_PLUGINS`;
}
