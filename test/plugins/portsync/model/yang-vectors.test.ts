/**
 * The verdicts of the models of SONiC on rows of PORT, as yanglint gave them (`yang-vectors.json`), against those of a
 * `config_db.json` with the same row.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../../../plugins/portsync/check.ts';
import { validators } from '../../../../plugins/portsync/generated.validators.js';
import { portsIn } from '../../../../plugins/portsync/model/config-db.ts';
import type { Desired } from '#plugin';

interface Vector {
  readonly name?: string;
  readonly fields: { readonly [field: string]: string };
  readonly valid: boolean;
  readonly error: string;
}

const { port: vectors } = JSON.parse(readFileSync(join(import.meta.dirname, 'yang-vectors.json'), 'utf8')) as {
  readonly port: readonly Vector[];
};

/**
 * Rows that fettle judges otherwise. A document may leave a field as it is, and the rule `incomplete` rejects a new port
 * without it. The recording gave truth values to yanglint as texts, which is how CONFIG_DB has them. Lanes that are not
 * different numbers pass the model, which does not look into them.
 */
function isOtherwise({ fields, valid, error }: Vector): boolean {
  if (!valid)
    return error.startsWith('Mandatory node') || /non-boolean-encoded boolean value "(?:true|false)"/u.test(error);
  const lanes = (fields['lanes'] ?? '0').split(',');
  return new Set(lanes).size < lanes.length || !lanes.every((lane) => /^\d{1,5}$/u.test(lane));
}

function isAccepted({ name = 'Ethernet0', fields }: Vector): boolean {
  const { ports, mistakes } = portsIn({ PORT: { [name]: fields } });
  const [found] = ports;
  if (found === undefined || mistakes.length > 0) return false;
  const spec = structuredClone(found.spec);
  if (!validators['spec:Port']?.(spec)) return false;
  const ref = { plugin: 'portsync', kind: 'Port', scope: ['leaf-1'], name };
  const device = { ref: { plugin: 'portsync', kind: 'Switch', name: 'leaf-1' }, spec: { sonic: { local: true } } };
  return check({ ref, spec } as unknown as Desired, () => device as unknown as Desired).length === 0;
}

describe('a row of PORT', () => {
  it.each(vectors.map((vector) => ({ vector, row: JSON.stringify(vector.fields) })))(
    '$row is valid exactly if the model says so',
    ({ vector }) => {
      if (isOtherwise(vector)) return expect(isAccepted(vector)).toBe(!vector.valid);
      return expect([vector.error, isAccepted(vector)]).toEqual([vector.error, vector.valid]);
    },
  );
});
