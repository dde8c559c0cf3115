/** The coder: which answers are kept coded, what everybody gets of them, and what they take. */
import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from '../../src/message.js';
import { until } from '../fakes/waiting.js';
import { GZIP, json, longText, openCodingHouse, told } from './coding-kit.js';

const ACCEPTS = ['gzip', 'gzip, deflate, br', 'br', 'identity', '*', 'gzip;q=0', undefined];
const fieldsOf = (accept: string | undefined) =>
  accept === undefined ? [] : ['Accept-Encoding', accept];

describe('an answer under a lifetime rule', () => {
  it('is kept coded once somebody takes it so, and each gets what he takes', async () => {
    const house = openCodingHouse();
    const text = longText('a');
    house.upstream.always(() => json(text));
    expect(told(await house.ask('/a', { headers: GZIP }))).toMatchObject({ coding: 'identity' });
    expect(house.stored()[0]?.coded).toBe('open');
    // Whoever does not take it changes nothing.
    await house.ask('/a');
    expect(house.stored()[0]?.coded).toBe('open');
    await house.coded('/a');
    const coded = told(await house.ask('/a', { headers: GZIP }));
    const plain = told(await house.ask('/a'));
    expect(coded).toEqual({ coding: 'gzip', etag: '"v1-gzip"', text });
    expect(plain).toEqual({ coding: 'identity', etag: '"v1"', text });
    expect(house.upstream.calls).toHaveLength(1);
  });

  it('is coded at once where it took long, but nobody waits for that', async () => {
    const house = openCodingHouse();
    const asked = house.ask('/slow', { headers: GZIP });
    const call = await house.upstream.call(0);
    house.clock.turn(2_000);
    call.answer(json(longText('s')));
    expect(told(await asked)).toMatchObject({ coding: 'identity' });
    await until(() => house.coder.stats().coded === 1);
    expect(told(await house.ask('/slow', { headers: GZIP }))).toMatchObject({ coding: 'gzip' });
  });

  it('is coded whatever its callers take while memory is short', async () => {
    const house = openCodingHouse({}, {}, { bytesMax: 40_000 });
    house.upstream.always(({ target }) => json(longText(target, 400)));
    for (let nth = 0; nth < 60; nth += 1) {
      await house.ask(`/${nth}`);
      await until(() => house.stored().every(({ coded }) => coded !== 'queued'));
    }
    expect(house.coder.stats().coded).toBeGreaterThan(3);
    expect(house.rooms.store.stats().codedSavedBytes).toBeGreaterThan(0);
  });

  it('is coded again when a newer one takes the place of one that was', async () => {
    const house = openCodingHouse();
    house.upstream.always((_, nth) => json(longText(`n${nth}`)));
    await house.coded('/a');
    house.clock.turn(31_000);
    await house.ask('/a');
    await until(() => house.coder.stats().coded === 2);
    expect(told(await house.ask('/a', { headers: GZIP })).text).toBe(longText('n1'));
  });

  const PLAIN: readonly (readonly [string, string, readonly string[], string])[] = [
    ['small', '{"a":1}', ['Content-Type', 'application/json'], 'small'],
    ['a picture', longText('p'), ['Content-Type', 'image/png'], 'type'],
    ['without a type', longText('t'), [], 'type'],
    [
      'encoded already',
      longText('e'),
      ['Content-Type', 'text/plain', 'Content-Encoding', 'br'],
      'encoded',
    ],
    [
      'not to be changed',
      longText('n'),
      ['Content-Type', 'text/plain', 'Cache-Control', 'max-age=9, no-transform'],
      'no-transform',
    ],
    [
      'with a digest of its bytes',
      longText('d'),
      ['Content-Type', 'text/plain', 'Repr-Digest', 'sha-256=:YQ==:'],
      'digest',
    ],
  ];
  it.each(PLAIN)('stays as it came when it is %s', async (_what, body, headers, reason) => {
    const house = openCodingHouse();
    house.upstream.always(() => ({ headers, body }));
    for (let nth = 0; nth < 3; nth += 1) await house.ask('/a', { headers: GZIP });
    expect(house.stored()[0]).toMatchObject({ coded: undefined, plainFor: reason });
    expect([...house.coder.stats().refused]).toEqual([[reason, 1]]);
  });

  it('stays as it came when coding would spare less than a tenth', async () => {
    const house = openCodingHouse();
    const noise = Array.from({ length: 128 }, (_, nth) => hash('sha256', `${nth}`, 'buffer'));
    house.upstream.always(() => json('', { body: Buffer.concat(noise) }));
    for (let nth = 0; nth < 3; nth += 1) await house.ask('/a', { headers: GZIP });
    await until(() => house.coder.stats().refused.get('saves-little') === 1);
    expect(house.stored()[0]).toMatchObject({ coded: undefined, plainFor: 'saves-little' });
  });

  it('stays as it came while the setting says so', async () => {
    const house = openCodingHouse({ on: false });
    house.upstream.always(() => json(longText('o')));
    for (let nth = 0; nth < 3; nth += 1) await house.ask('/a', { headers: GZIP });
    expect(house.coder.stats()).toMatchObject({ coded: 0, waiting: 0 });
    expect(house.stored()[0]?.coded).toBe('open');
  });
});

describe('callers by the thousand', () => {
  it('get one computation, the right bytes, and never a coding that they refused', async () => {
    const house = openCodingHouse();
    const text = longText('many', 8_000);
    const all = (): Promise<Outcome[]> =>
      Promise.all(
        Array.from({ length: 1_000 }, (_, nth) =>
          house.ask('/a', { headers: fieldsOf(ACCEPTS[nth % ACCEPTS.length]) }),
        ),
      );
    const cold = all();
    (await house.upstream.call(0)).answer(json(text));
    for (const outcome of await cold) expect(told(outcome).text === text).toBe(true);
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await all();
      outcomes.forEach((outcome, nth) => {
        const { coding, text: got } = told(outcome);
        expect(got === text).toBe(true);
        const accept = ACCEPTS[nth % ACCEPTS.length] ?? 'identity';
        if (coding === 'gzip') expect(['gzip', 'gzip, deflate, br', '*']).toContain(accept);
      });
      await until(() => house.coder.stats().coded === 1);
    }
    expect(house.upstream.calls).toHaveLength(1);
    // However many take it plain at the same moment, it is opened once.
    expect(house.coder.stats()).toMatchObject({ coded: 1, opened: 1, openingRefused: 0 });
  });
});

describe('whatever was stored', () => {
  it('comes back byte for byte, in whatever form', async () => {
    const body = fc.uint8Array({ minLength: 100, maxLength: 600 });
    await fc.assert(
      fc.asyncProperty(body, fc.integer({ min: 2, max: 90 }), async (piece, times) => {
        const house = openCodingHouse();
        const bytes = Buffer.concat(Array.from({ length: times }, () => Buffer.from(piece)));
        house.upstream.always(() => json('', { body: bytes }));
        for (const accept of [...ACCEPTS, ...ACCEPTS]) {
          const outcome = await house.ask('/a', { headers: fieldsOf(accept) });
          expect(told(outcome).text).toBe(bytes.toString('latin1'));
          if (accept !== 'gzip') continue;
          await until(() => house.stored()[0]?.coded !== 'queued');
        }
        const [entry] = house.stored();
        expect(house.rooms.store.stats().bytes).toBe(entry?.chargedBytes);
      }),
      { numRuns: 40 },
    );
  });
});
