/** What a request may ask of this cache under `cache: http` (RFC 9111 section 5.2.1). */
import { describe, expect, it } from '@jest/globals';
import { asking, calls, cc, kinds, saying, see, type Seen } from './http-kit.js';

const shown = ({ kind, status }: Seen): string => (kind === 'failed' ? `${status}` : kind);

describe('a request asks', () => {
  it.each([
    ['max-age=5', 'hit', 'miss', 'miss'],
    ['max-age=6', 'hit', 'hit', 'miss'],
    ['max-age=0', 'hit', 'miss', 'miss'],
    ['min-fresh=4', 'hit', 'hit', 'miss'],
    ['min-fresh=5', 'hit', 'miss', 'miss'],
    ['min-fresh=x', 'miss', 'miss', 'miss'],
    ['max-stale', 'hit', 'hit', 'stale'],
    ['max-stale=5', 'hit', 'hit', 'stale'],
    ['max-stale=4', 'hit', 'hit', 'miss'],
    ['max-stale=10, max-age=5', 'hit', 'miss', 'miss'],
    ['max-stale=10, max-age=50', 'hit', 'hit', 'stale'],
    ['no-cache', 'miss', 'miss', 'miss'],
    ['no-store', 'hit', 'hit', 'miss'],
    ['only-if-cached', 'hit', 'hit', '504'],
    ['only-if-cached, max-stale', 'hit', 'hit', 'stale'],
    ['only-if-cached, no-cache', '504', '504', '504'],
    ['max-age="', 'miss', 'miss', 'miss'],
    ['unknown=1', 'hit', 'hit', 'miss'],
  ])('%s of an answer for 10 s, after 0, 6 and 15 s: %s, %s, %s', async (word, ...expected) => {
    const found = [];
    for (const seconds of [0, 6, 15]) {
      const house = saying(cc('max-age=10'));
      await see(house, '/r');
      house.clock.turn(seconds * 1_000);
      found.push(shown(await see(house, '/r', asking(word))));
    }
    expect(found).toEqual(expected);
  });

  it('case 57: only-if-cached, and gets 504 where nothing is stored', async () => {
    const house = saying(cc('max-age=10'));
    const seen = await see(house, '/r', asking('only-if-cached'));
    expect(seen.outcome).toMatchObject({ kind: 'failed', failure: { code: 'only_if_cached' } });
    expect([seen.status, calls(house)]).toEqual([504, 0]);
    const head = { ...asking('only-if-cached'), method: 'HEAD' };
    const range = { headers: [...cc('only-if-cached'), 'Range', 'bytes=0-1'] };
    expect(await kinds(house, '/r', head, range)).toBe('failed failed');
    expect(calls(house)).toBe(0);
  });

  it('Pragma: no-cache, which counts only where Cache-Control is silent', async () => {
    const house = saying(cc('max-age=10'));
    const pragma = { headers: ['Pragma', 'no-cache'] };
    const both = { headers: ['Pragma', 'no-cache', ...cc('max-age=9')] };
    expect(await kinds(house, '/r', {}, pragma, both)).toBe('miss miss hit');
  });

  it('no-store, and nothing of the answer to it is kept', async () => {
    const house = saying(cc('max-age=10'));
    expect(await kinds(house, '/r', asking('no-store'), {}, {})).toBe('miss miss hit');
  });

  it('no-cache, and gets an answer that is new and that all get after him', async () => {
    const house = saying(cc('max-age=10'));
    await see(house, '/r');
    expect((await see(house, '/r', asking('no-cache'))).words).toBe('answer 1');
    expect(await see(house, '/r')).toMatchObject({ kind: 'hit', words: 'answer 1' });
  });

  it('no-store of an old one, and is asked plainly, for a 304 could not be kept', async () => {
    const house = saying([...cc('max-age=10'), 'ETag', '"e"']);
    await see(house, '/r');
    house.clock.turn(11_000);
    await see(house, '/r', asking('no-store'));
    expect(house.upstream.calls[1]?.request.headers).not.toContain('If-None-Match');
  });

  it('a reload of what never changes, and gets the stored one', async () => {
    const house = saying(cc('max-age=10, immutable'));
    expect(await kinds(house, '/r', {}, asking('max-age=0'))).toBe('miss hit');
  });
});
