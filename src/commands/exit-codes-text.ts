/** Exit codes, below the options of the commands that have them all. */

export const exitCodesText = `
Exit codes: 0 done or nothing to do, 1 error, 2 changes, drift or findings that --fail-on names, 3 rejected rows remain
(plan and drift: with --fail-on rejected), 4 part of the infrastructure could not be read, 5 locked, 6 the saved plan
does not hold, 7 an action failed or is stale, 8 an outcome is unknown, 130 stopped.`;
