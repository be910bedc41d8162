/** `#plugin/net`: network access. Every connection of a plugin goes to an address that was checked. */

export * from '../net/connect.ts';
export { beginContact } from '../net/contacts.ts';
export * from '../net/http.ts';
export * from '../net/networks.ts';
export * from '../net/records.ts';
export { type Names, openNames, type Resolved, hostsOf } from '../net/resolve.ts';
export * from '../net/verification.ts';
