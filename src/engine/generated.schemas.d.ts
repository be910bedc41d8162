/** Generated from specs/ by `npm run generate`: do not edit. */

/**
 * JSON Schemas by name: `document`, `fettle`, `plan`, `record`, `plugin/Kind`, and `plugin/Name` of what a
 * plugin reads.
 */
export declare const schemas: Readonly<Record<string, object>>;
