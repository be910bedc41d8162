/** Plugins that the configuration names and that are not loaded: why nothing of them is known. */

/** The reason, and what to do about it. */
export function notLoaded(plugin: string): string {
  return `The plugin ${plugin} is not loaded. Install its package next to fettle and name it in FETTLE_PLUGINS`;
}
