/** A 304 that brings another Vary: the older answer is this one now, and answers nobody else. */
import { describe, expect, it } from '@jest/globals';
import { calls, httpHouse, inTurn, see, type Wanted } from './http-kit.js';

const language = (value: string): Wanted => ({ headers: ['Accept-Language', value] });

describe('a 304 that adds a Vary', () => {
  it('leaves nothing behind for callers whom the new Vary does not mean', async () => {
    const house = httpHouse();
    inTurn(house, [
      { headers: ['Cache-Control', 'max-age=100', 'ETag', '"1"'], body: 'german' },
      { status: 304, headers: ['ETag', '"1"', 'Vary', 'Accept-Language'] },
      { headers: ['Cache-Control', 'max-age=100', 'Vary', 'Accept-Language'], body: 'french' },
    ]);
    expect((await see(house, '/a', language('de'))).words).toBe('german');
    const asked: Wanted = { headers: ['Accept-Language', 'de', 'Cache-Control', 'no-cache'] };
    expect((await see(house, '/a', asked)).words).toBe('german');
    expect((await see(house, '/a', language('fr'))).words).toBe('french');
    const again = await see(house, '/a', language('de'));
    expect([again.kind, again.words, calls(house)]).toEqual(['hit', 'german', 3]);
    expect(house.rooms.store.stats().entries).toBe(2);
  });

  it('by HEAD does the same', async () => {
    const house = httpHouse();
    inTurn(house, [
      { headers: ['Cache-Control', 'max-age=100', 'ETag', '"1"'], body: 'german' },
      { headers: ['Cache-Control', 'max-age=100', 'ETag', '"1"', 'Vary', 'Accept-Language'] },
      { headers: ['Cache-Control', 'max-age=100', 'Vary', 'Accept-Language'], body: 'french' },
    ]);
    await see(house, '/a', language('de'));
    house.clock.turn(200_000);
    await see(house, '/a', { method: 'HEAD', ...language('de') });
    expect((await see(house, '/a', language('fr'))).words).toBe('french');
    const again = await see(house, '/a', language('de'));
    expect([again.kind, again.words]).toEqual(['hit', 'german']);
  });
});
