/** HEAD under `cache: http`: what it gets from a stored GET, and what it tells of it. */
import { describe, expect, it } from '@jest/globals';
import { cc, httpHouse, inTurn, kinds, see, valueOf, type Wanted } from './http-kit.js';

const FRESH = [...cc('max-age=60'), 'ETag', '"e"', 'Content-Type', 'text/plain'];

describe('HEAD', () => {
  const head: Wanted = { method: 'HEAD' };

  it('case 26: is answered from GET, and fills nothing by itself', async () => {
    const house = httpHouse();
    house.upstream.always(({ method }) => ({
      headers: FRESH,
      body: method === 'GET' ? 'whole' : '',
    }));
    expect(await kinds(house, '/r', head, head, {}, head)).toBe('bypass bypass miss hit');
    expect(house.upstream.calls.map(({ request }) => request.method)).toEqual([
      'HEAD',
      'HEAD',
      'GET',
    ]);
    expect((await see(house, '/r')).words).toBe('whole');
    expect(valueOf(await see(house, '/r', head), 'content-length')).toBe('5');
  });

  const afterHead = async (headers: readonly string[], asked = head, status = 200) => {
    const house = httpHouse();
    const life = [...cc('max-age=10'), 'ETag', '"e"'];
    inTurn(house, [{ headers: [...life, 'X-A', 'old'], body: 'kept' }, { status, headers }, {}]);
    await see(house, '/r');
    house.clock.turn(11_000);
    await see(house, '/r', asked);
    const seen = await see(house, '/r');
    const condition = house.upstream.calls.at(-1)?.request.headers ?? [];
    return { ...seen, a: valueOf(seen, 'x-a'), wasAsked: hasTag(condition) };
  };
  const hasTag = (headers: readonly string[]) => headers.includes('If-None-Match');

  it('gives the stored answer newer fields and a new life', async () => {
    const newer = [...cc('max-age=10'), 'ETag', '"e"', 'X-A', 'new', 'Content-Length', '4'];
    expect(await afterHead(newer)).toMatchObject({ kind: 'hit', words: 'kept', a: 'new' });
  });

  it.each([
    ['another ETag', ['ETag', '"x"']],
    ['another length', ['ETag', '"e"', 'Content-Length', '5']],
    ['private', [...cc('private, max-age=10'), 'ETag', '"e"']],
  ])('that says %s takes the stored answer away', async (_what, headers) => {
    const seen = await afterHead([...cc('max-age=10'), ...headers]);
    expect([seen.kind, seen.wasAsked]).toEqual(['miss', false]);
  });

  it.each([
    ['an error', head, 404],
    ['what may not be kept', { ...head, headers: cc('no-store') }, 200],
  ])('that brings %s changes nothing', async (_what, asked, status) => {
    const headers = [...cc('max-age=10'), 'ETag', '"x"'];
    const seen = await afterHead(headers, asked, status);
    expect([seen.kind, seen.wasAsked]).toEqual(['miss', true]);
  });
});
