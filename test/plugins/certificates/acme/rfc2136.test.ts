/** DNS-01 by signed updates of real servers, and answers of hostile ones. */

import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realTiming } from '#plugin/http';
import { usualDenial } from '#plugin/net';
import { type Dns, openDns } from '../../../../plugins/certificates/acme/dns/lookup.ts';
import { MessageError, readAnswer } from '../../../../plugins/certificates/acme/dns/message.ts';
import { propagation } from '../../../../plugins/certificates/acme/dns/propagation.ts';
import type { TsigKey } from '../../../../plugins/certificates/acme/dns/tsig.ts';
import { sendUpdate } from '../../../../plugins/certificates/acme/dns/update.ts';
import { dnsSolver } from '../../../../plugins/certificates/acme/solvers/dns-01.ts';
import { rfc2136Provider, type Rfc2136Options } from '../../../../plugins/certificates/acme/solvers/rfc2136.ts';
import type { Solver } from '../../../../plugins/certificates/acme/solvers/solver.ts';
import fc from '../../../support/property.ts';
import { type AuthoritativeServer, startBind, startKnot } from '../../../support/dns-servers.ts';
import { challenge, solverRun } from './support.ts';

const denial = usualDenial({});

function optionsFor({ port, key }: Pick<AuthoritativeServer, 'port' | 'key'>): Rfc2136Options {
  return { host: '127.0.0.1', port, key, denial, now: Date.now };
}

function solverFor(
  server: AuthoritativeServer,
  more: Partial<Rfc2136Options> = {},
  delegated: readonly string[] = [],
): Solver {
  const dns: Dns = openDns([server.address], denial);
  const propagate = propagation({ dns, timeoutMs: 10_000, port: server.port, timing: realTiming });
  return dnsSolver(rfc2136Provider({ ...optionsFor(server), ...more }, dns), {
    dns,
    isFollowing: true,
    delegated,
    propagate,
  });
}

const ZONE = 'example.test';
const NAME = `_acme-challenge.www.${ZONE}`;

const servers: readonly (readonly [string, () => Promise<AuthoritativeServer>])[] = [
  [
    'bind9',
    () =>
      startBind([
        { zone: ZONE, granted: [NAME, `_acme-challenge.${ZONE}`], lines: [`${NAME}. IN TXT "of a stranger"`] },
      ]),
  ],
  [
    'knot',
    () =>
      startKnot({ zone: ZONE, granted: [NAME, `_acme-challenge.${ZONE}`], lines: [`${NAME}. IN TXT "of a stranger"`] }),
  ],
];

describe.each(servers)('%s', (kind, start) => {
  test('gets the values of a wildcard and its name, and loses only these', async () => {
    const server = await start();
    const solver = solverFor(server);
    const pair = [challenge(`www.${ZONE}`), challenge(`www.${ZONE}`, { wildcard: true })];
    const prepared = await solver.prepare(pair, solverRun());
    expect(prepared.values.map(({ zone }) => zone)).toEqual([ZONE, ZONE]);
    await solver.present(prepared, solverRun());
    await solver.present(prepared, solverRun());
    expect(await server.texts(NAME)).toEqual(['of a stranger', ...pair.map(({ txt }) => txt)].sort());
    const recorded = JSON.parse(JSON.stringify(prepared)) as typeof prepared;
    const later = solverFor(server);
    await later.remove(recorded, solverRun());
    await later.remove(recorded, solverRun());
    expect(await server.texts(NAME)).toEqual(['of a stranger']);
  });

  test('two orders at once on one name keep their values apart', async () => {
    const server = await start();
    const [one, other] = [challenge(`www.${ZONE}`), challenge(`www.${ZONE}`, { wildcard: true })];
    const prepared = await Promise.all([one, other].map((each) => solverFor(server).prepare([each], solverRun())));
    await Promise.all(prepared.map((each) => solverFor(server).present(each, solverRun())));
    await solverFor(server).remove(prepared[0]!, solverRun());
    expect(await server.texts(NAME)).toEqual(['of a stranger', other.txt].sort());
  });

  test('a name outside of the permission is refused in words', async () => {
    const server = await start();
    const solver = solverFor(server);
    const prepared = await solver.prepare([challenge(`mail.${ZONE}`)], solverRun());
    await expect(solver.present(prepared, solverRun())).rejects.toThrow(
      kind === 'bind9' ? '(REFUSED). Permit the key' : 'if the key may not change these names',
    );
  });

  test('another secret, another key and another zone are refused in words', async () => {
    const server = await start();
    const change = { zone: ZONE, add: [{ name: NAME, text: 'x' }], remove: [] };
    const { signal } = new AbortController();
    const { key } = server;
    const send = (zone: string, other: Partial<TsigKey>): Promise<void> =>
      sendUpdate({ ...optionsFor(server), key: { ...key, ...other } }, { ...change, zone }, signal);
    await expect(send(ZONE, { secret: randomBytes(32) })).rejects.toThrow('BADSIG');
    await expect(send(ZONE, { name: 'other' })).rejects.toThrow('BADKEY');
    await expect(send('other.test', {})).rejects.toThrow(/NOTAUTH|REFUSED|NOTZONE/u);
    expect(await server.texts(NAME)).toEqual(['of a stranger']);
  });

  test('a clock that is an hour behind is named', async () => {
    const server = await start();
    const behind = { ...optionsFor(server), now: () => Date.now() - 3_600_000 };
    const change = { zone: ZONE, add: [{ name: NAME, text: 'x' }], remove: [] };
    await expect(sendUpdate(behind, change, new AbortController().signal)).rejects.toThrow('the clocks differ');
  });
});

test.each(['hmac-sha384', 'hmac-sha512'] as const)('bind9 and knot take %s', async (algorithm) => {
  for (const server of [
    await startBind([{ zone: ZONE, granted: [NAME] }], algorithm),
    await startKnot({ zone: ZONE, granted: [NAME] }, algorithm),
  ]) {
    const solver = solverFor(server);
    const prepared = await solver.prepare([challenge(`www.${ZONE}`)], solverRun());
    await solver.present(prepared, solverRun());
    expect(await server.texts(NAME)).toHaveLength(1);
  }
});

test.each<readonly [target: string, delegated: readonly string[]]>([
  ['www.validation.test', ['validation.test']],
  ['www.validation.test', ['other.test', 'www.validation.test']],
  ['_acme-challenge.www.validation.test', []],
])(
  'a value is written at the end of the CNAMEs, in the zone of that name: %s, delegated %j',
  async (target, delegated) => {
    const server = await startBind([
      {
        zone: ZONE,
        granted: [],
        lines: [`${NAME}. IN CNAME middle.${ZONE}.`, `middle IN CNAME ${target}.`, 'www IN CNAME other'],
      },
      { zone: 'validation.test', granted: [target] },
    ]);
    const solver = solverFor(server, {}, delegated);
    const wanted = challenge(`www.${ZONE}`);
    const prepared = await solver.prepare([wanted], solverRun());
    expect(prepared.values).toEqual([
      { name: `www.${ZONE}`, place: target, text: wanted.txt, zone: 'validation.test' },
    ]);
    await solver.present(prepared, solverRun());
    expect(await server.texts(target)).toEqual([wanted.txt]);
    await solver.remove(prepared, solverRun());
    expect(await server.texts(target)).toEqual([]);
  },
);

test.each<readonly [target: string, delegated: readonly string[]]>([
  [`_dmarc.${ZONE}`, []],
  [ZONE, []],
  [`www._acme-challenge.${ZONE}`, []],
  [`_acme-challenges.${ZONE}`, []],
  [`_dmarc.${ZONE}`, [`cme.${ZONE}`, `dmarc.${ZONE}`, `x._dmarc.${ZONE}`]],
])('a CNAME to %s gets no value, delegated %j', async (target, delegated) => {
  const server = await startBind([{ zone: ZONE, granted: [target], lines: [`${NAME}. IN CNAME ${target}.`] }]);
  const solver = solverFor(server, {}, delegated);
  await expect(solver.prepare([challenge(`www.${ZONE}`)], solverRun())).rejects.toThrow(
    `the CNAME of ${NAME} leads to ${target}, and fettle does not write there: the name does not begin with _acme-challenge, so its TXT records may have another purpose. Let the CNAME lead to a name that begins with _acme-challenge, or add`,
  );
  // The key could: the refusal is fettle's own.
  const honest = await solverFor(server, {}, [target]).prepare([challenge(`www.${ZONE}`)], solverRun());
  await solverFor(server).present(honest, solverRun());
  expect(await server.texts(target)).toHaveLength(1);
  // Values of an earlier version, or of another environment, are still removed.
  await solver.remove(honest, solverRun());
  expect(await server.texts(target)).toEqual([]);
});

test('values of one zone are removed if those of another one cannot be', async () => {
  const granted = [NAME, '_acme-challenge.other.test'];
  const server = await startBind([
    { zone: 'other.test', granted: [] },
    { zone: ZONE, granted },
  ]);
  const solver = solverFor(server);
  const own = await solver.prepare([challenge(`www.${ZONE}`)], solverRun());
  await solver.present(own, solverRun());
  const both = await solver.prepare([challenge('other.test'), challenge(`www.${ZONE}`)], solverRun());
  const recorded = { ...both, values: [...both.values.slice(0, 1), ...own.values] };
  await expect(solver.remove(recorded, solverRun())).rejects.toThrow('the zone other.test');
  expect(await server.texts(NAME)).toEqual([]);
});

test('a zone is not searched if it is given, and must contain the name', async () => {
  const server = await startBind([{ zone: ZONE, granted: [NAME] }]);
  const given = solverFor(server, { zone: 'other.test' });
  await expect(given.prepare([challenge(`www.${ZONE}`)], solverRun())).rejects.toThrow('is not in the zone other.test');
  const unknown = solverFor(server);
  await expect(unknown.prepare([challenge('www.elsewhere.test')], solverRun())).rejects.toThrow('cannot be looked up');
});

test('an address is refused: DNS cannot prove it', async () => {
  const server = await startBind([{ zone: ZONE, granted: [NAME] }]);
  const prepare = solverFor(server).prepare([challenge('192.0.2.1', { kind: 'ip' })], solverRun());
  await expect(prepare).rejects.toThrow('DNS cannot prove an address');
});

test('any bytes are an answer or a mistake', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(readAnswer(Buffer.from(bytes)).id).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError);
      }
    }),
  );
});

describe('an answer', () => {
  const key: TsigKey = { name: 'fettle', algorithm: 'hmac-sha256', secret: randomBytes(32) };
  const change = { zone: ZONE, add: [{ name: NAME, text: 'x' }], remove: [] };

  /** Answers each message over TCP. */
  async function answering(answer: (message: Buffer, socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      let all = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (part) => {
        all = Buffer.concat([all, part]);
        if (all.length >= 2 && all.length >= all.readUInt16BE(0) + 2) answer(all.subarray(2), socket);
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  const framed = (message: Buffer): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    return Buffer.concat([length, message]);
  };

  /** The header of a success, without records. */
  function success(message: Buffer, id = message.readUInt16BE(0)): Buffer {
    const header = Buffer.alloc(12);
    header.writeUInt16BE(id, 0);
    header.writeUInt16BE(0x8000 | (5 << 11), 2);
    return header;
  }

  /** The question as an answer, with its own signature: the record is valid, and the signature is not for an answer. */
  function echo(message: Buffer): Buffer {
    const copy = Buffer.from(message);
    copy.writeUInt16BE(0x8000 | (5 << 11), 2);
    return copy;
  }

  const update = async (port: number, signal = new AbortController().signal): Promise<void> =>
    sendUpdate({ ...optionsFor({ port, key }) }, change, signal);

  test.each<readonly [string, (message: Buffer) => Buffer, string]>([
    ['without a signature', (message) => framed(success(message)), 'the answer is not signed'],
    [
      'to another question',
      (message) => framed(success(message, message.readUInt16BE(0) ^ 1)),
      'is not for this update',
    ],
    ['that is the question', (message) => framed(message), 'is not for this update'],
    [
      'with the signature of the question',
      (message) => framed(echo(message)),
      'the signature of the answer is not valid',
    ],
    ['that is too short', () => framed(Buffer.alloc(5)), 'the message ends too early'],
    [
      'with bytes behind its end',
      (message) => framed(Buffer.concat([success(message), Buffer.alloc(3)])),
      'behind its end',
    ],
    ['of 64 KiB without meaning', () => framed(Buffer.alloc(65_535, 0xff)), 'was not updated'],
  ])('%s is not believed', async (_, answer, message) => {
    const port = await answering((asked, socket) => void socket.end(answer(asked)));
    await expect(update(port)).rejects.toThrow(message);
  });

  /** A success that is signed with the key of the question, at a time in Unix seconds. */
  function signed(message: Buffer, time: number): Buffer {
    const number = (value: number, bytes: number): Buffer => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntBE(value, 0, bytes);
      return buffer;
    };
    const name = (text: string): Buffer => Buffer.from(`${String.fromCharCode(text.length)}${text}\0`, 'latin1');
    const [keyName, algorithm] = [name(key.name), name(key.algorithm)];
    // The question ends with its MAC, its id, no error and no other data.
    const asked = message.subarray(message.length - 38, message.length - 6);
    const answer = success(message);
    const timed = Buffer.concat([number(time, 6), number(300, 2)]);
    const mac = createHmac('sha256', key.secret)
      .update(
        Buffer.concat([
          number(32, 2),
          asked,
          answer,
          keyName,
          number(255, 2),
          number(0, 4),
          algorithm,
          timed,
          number(0, 4),
        ]),
      )
      .digest();
    const data = Buffer.concat([algorithm, timed, number(32, 2), mac, answer.subarray(0, 2), number(0, 4)]);
    answer.writeUInt16BE(1, 10);
    return Buffer.concat([answer, keyName, number(250, 2), number(255, 2), number(0, 4), number(data.length, 2), data]);
  }

  test('with a signature is believed for five minutes', async () => {
    const seconds = Math.trunc(Date.now() / 1000);
    const at = (time: number): Promise<number> =>
      answering((asked, socket) => void socket.end(framed(signed(asked, time))));
    await update(await at(seconds));
    await update(await at(seconds - 250));
    await expect(update(await at(seconds - 320))).rejects.toThrow('has another time than this machine');
    await expect(update(await at(seconds + 320))).rejects.toThrow('has another time than this machine');
  });

  test('with one changed bit is not believed', async () => {
    const { length } = signed(Buffer.alloc(100), 0);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: length * 8 - 1 }), async (bit) => {
        // The case of a letter in a name has no meaning.
        fc.pre((bit & 7) !== 5);
        const port = await answering((asked, socket) => {
          const answer = signed(asked, Math.trunc(Date.now() / 1000));
          answer.writeUInt8(answer.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          socket.end(framed(answer));
        });
        await expect(update(port)).rejects.toThrow('was not updated');
      }),
      { numRuns: 60 },
    );
  });

  test('whose pointers form a loop ends', async () => {
    const port = await answering((asked, socket) => {
      const header = success(asked);
      header.writeUInt16BE(1, 4);
      socket.end(framed(Buffer.concat([header, Buffer.from([0xc0, 12, 0, 6, 0, 1])])));
    });
    await expect(update(port)).rejects.toThrow('does not lead backwards');
  });

  test('that never comes ends with the run, and with the connection', async () => {
    const stop = new AbortController();
    const port = await answering(() => stop.abort(new Error('stopped')));
    await expect(update(port, stop.signal)).rejects.toThrow('stopped');
    const cut = await answering((_, socket) => socket.destroy());
    await expect(update(cut)).rejects.toThrow('was not updated');
  });
});

test('a denied server is not connected to', async () => {
  const server = {
    ...optionsFor({ port: 53, key: { name: 'k', algorithm: 'hmac-sha256', secret: Buffer.alloc(32) } }),
    host: '169.254.1.1',
  };
  const change = { zone: ZONE, add: [], remove: [] };
  await expect(sendUpdate(server, change, new AbortController().signal)).rejects.toThrow('denied');
});
