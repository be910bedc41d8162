/** Generated from specs/ by `npm run generate`: do not edit. */

/** JSON Schemas by name: `document`, `fettle`, `plan`, `record`, and `plugin/Kind`. */
export declare const schemas: Readonly<Record<string, object>>;
