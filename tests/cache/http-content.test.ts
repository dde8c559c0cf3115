/** QUERY and POST keyed by their content, and queries that No-Vary-Search makes equal. */
import { describe, expect, it } from '@jest/globals';
import { firstValue } from '../../src/policy/headers.js';
import { bytesOf } from '../fakes/waiting.js';
import { cached, openHouse, RULE, type House } from '../fakes/rooms.js';
import { as, calls, cc, httpHouse, kinds, saying, see, type Wanted } from './http-kit.js';

const JSON_TYPE = ['Content-Type', 'application/json'];
const query = (content: string, headers: readonly string[] = JSON_TYPE): Wanted => ({
  ...{ method: 'QUERY', content, headers },
});
const post = (content: string, headers: readonly string[] = JSON_TYPE): Wanted => ({
  ...{ method: 'POST', content, headers },
});

async function contentSent(house: House, nth: number): Promise<string> {
  const call = await house.upstream.call(nth);
  return (await bytesOf(call.request.body)).toString('latin1');
}

describe('QUERY on a route with `cache: http`', () => {
  it.each([
    ['the same content', query('{"a":1}'), true],
    ['other content', query('{"a":2}'), false],
    ['the same JSON in another spelling', query('{ "a": 1 }'), false],
    ['no content', query(''), false],
    ['another type', query('{"a":1}', ['Content-Type', 'text/plain']), false],
    ['no type', query('{"a":1}', []), false],
    [
      'the same type in another spelling',
      query('{"a":1}', ['content-type', 'Application/JSON']),
      true,
    ],
    ['another charset', query('{"a":1}', ['Content-Type', 'application/json; charset=x']), false],
    ['a coding', query('{"a":1}', [...JSON_TYPE, 'Content-Encoding', 'gzip']), false],
    ['a language', query('{"a":1}', [...JSON_TYPE, 'Content-Language', 'de']), false],
  ])('is keyed by content and what is said of it: %s', async (_what, other, same) => {
    const house = saying(cc('max-age=60'));
    expect(await kinds(house, '/r', query('{"a":1}'), other)).toBe(same ? 'miss hit' : 'miss miss');
  });

  it('is neither GET nor POST of the same address', async () => {
    const house = saying(cc('max-age=60'));
    const wanted = [query('x'), {}, post('x'), query('x')];
    expect(await kinds(house, '/other', ...wanted)).toBe('miss miss bypass miss');
  });

  it('goes upstream as it came: method, bytes and what is said of them', async () => {
    const house = saying(cc('max-age=60'));
    await see(house, '/r', query('{ "b": 1 }', ['Content-Type', 'Application/JSON']));
    const { request } = await house.upstream.call(0);
    expect([request.method, await contentSent(house, 0)]).toEqual(['QUERY', '{ "b": 1 }']);
    expect(firstValue(request.headers, 'content-type')).toBe('Application/JSON');
  });

  it('flies once for all who ask the same', async () => {
    const house = httpHouse();
    const all = ['a', 'a', 'b', 'a'].map((content) => see(house, '/r', query(content)));
    await house.upstream.call(1);
    for (const [nth, call] of house.upstream.calls.entries()) {
      call.answer({ headers: cc('max-age=60'), body: await contentSent(house, nth) });
    }
    expect((await Promise.all(all)).map(({ words }) => words)).toEqual(['a', 'a', 'b', 'a']);
    expect(calls(house)).toBe(2);
  });

  it('answers conditions from the store', async () => {
    const house = saying([...cc('max-age=60'), 'ETag', '"e"']);
    await see(house, '/r', query('a'));
    const seen = await see(house, '/r', query('a', [...JSON_TYPE, 'If-None-Match', '"e"']));
    expect([seen.kind, seen.status]).toEqual(['hit', 304]);
  });

  it('with more content than is keyed goes past the cache, whole', async () => {
    const house = saying(cc('max-age=60'));
    const [most, more] = ['a'.repeat(65_536), `${'a'.repeat(65_536)}z`];
    expect(await kinds(house, '/r', query(most), query(most))).toBe('miss hit');
    expect(await kinds(house, '/r', query(more), query(more))).toBe('bypass bypass');
    expect(await contentSent(house, 1)).toBe(more);
  });

  it('whose answer says No-Vary-Search still differs by its content', async () => {
    const house = saying([...cc('max-age=60'), 'No-Vary-Search', 'except=()']);
    const one = { ...query('a'), query: 'x=1' };
    const wanted = [
      one,
      { ...query('a'), query: 'x=2' },
      query('b'),
      { ...query('b'), query: 'y' },
    ];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss hit miss hit');
  });
});

describe('POST and QUERY under a lifetime rule', () => {
  const ruled = (rule: Parameters<typeof cached>[1] = {}) => {
    const canonical = { ...RULE.body, json: 'canonical' } as const;
    const routes = [{ ...cached('/r', { body: canonical, ...rule }), methods: ['POST', 'QUERY'] }];
    const house = openHouse({ routes });
    house.upstream.always((_request, nth) => ({ body: `answer ${nth}` }));
    return house;
  };

  it.each([
    ['the same JSON in another spelling', '{ "b": [1.0, "\\u0061"],\n"a": {} }', true],
    ['other JSON', '{"a":{},"b":[1,"b"]}', false],
    ['another order of a list', '{"a":{},"b":["a",1]}', false],
    ['what is no JSON', '{"a":{},"b":[1,"a"],}', false],
    ['a name that stands twice', '{"a":1,"a":{},"b":[1,"a"]}', false],
  ])('are keyed by canonical JSON: %s', async (_what, other, same) => {
    const house = ruled();
    const found = await kinds(house, '/r', post('{"a":{},"b":[1,"a"]}'), post(other));
    expect(found).toBe(same ? 'miss hit' : 'miss miss');
  });

  it('are keyed by their bytes where no-transform, a charset or a coding says so', async () => {
    const cases = [
      [...JSON_TYPE, ...cc('no-transform')],
      ['Content-Type', 'application/json; charset=latin1'],
      [...JSON_TYPE, 'Content-Encoding', 'gzip'],
      ['Content-Type', 'text/plain'],
    ];
    for (const headers of cases) {
      const house = ruled();
      const found = await kinds(house, '/r', post('[1]', headers), post('[ 1 ]', headers));
      expect(found).toBe('miss miss');
    }
  });

  it('are two methods, and each credential has its own slot', async () => {
    const house = ruled();
    const own = (token: string) => ({
      ...post('[1]'),
      headers: [...JSON_TYPE, ...(as(token).headers ?? [])],
    });
    const wanted = [post('[1]'), query('[1]'), own('A'), own('B'), own('A'), query('[1]')];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss miss miss miss hit hit');
  });

  it('send what is keyed and no other field: method, bytes, and what is said of them', async () => {
    const house = ruled();
    const more = ['Content-Language', 'de', 'X-Other', 'o', 'Referer', '/'];
    await see(house, '/r', post('{ "a": 1 }', [...JSON_TYPE, ...more]));
    const { request } = await house.upstream.call(0);
    expect([request.method, await contentSent(house, 0)]).toEqual(['POST', '{ "a": 1 }']);
    expect(request.headers.filter((_, at) => at % 2 === 0)).toEqual([
      ...['Accept-Encoding', 'Content-Type', 'Content-Language', 'X-Request-Id'],
    ]);
  });

  it('with more content than the rule keys go past the cache, whole', async () => {
    const house = ruled({ body: { maxBytes: 8, json: 'exact' } });
    const wanted = [post('12345678'), post('12345678'), post('123456789'), post('123456789')];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss hit bypass bypass');
    expect(await contentSent(house, 1)).toBe('123456789');
  });
});

describe('No-Vary-Search', () => {
  const searching = (value: string) => saying([...cc('max-age=60'), 'No-Vary-Search', value]);
  const q = (text: string): Wanted => ({ query: text });

  it.each([
    ['key-order', 'a=1&b=2', 'b=2&a=1', true],
    ['key-order', 'a=1&b=2', 'a=1&b=3', false],
    ['params=("utm")', 'a=1&utm=x', 'a=1', true],
    ['params=("utm")', 'a=1&utm=x', 'utm=x&a=2', false],
    ['except=()', 'a=1', 'b=2', true],
    ['params', 'a=1', 'b=2', false],
    ['params=("b"), except=("a")', 'a=1&b=1', 'a=1&b=2', false],
    ['except=("a")', 'a=1&b=1', 'c=5&a=1', true],
    ['except=("a")', 'a=1', 'a=2', false],
    ['params=(utm)', 'a=1&utm=x', 'a=1', false],
    ['??', 'a=1', 'a=1&', false],
  ])('%s: %s and %s are the same: %s', async (value, one, other, same) => {
    expect(await kinds(searching(value), '/r', q(one), q(other))).toBe(
      same ? 'miss hit' : 'miss miss',
    );
  });

  it('holds for its own path and host only, and not for another credential', async () => {
    const house = searching('except=()');
    const wanted = [q('a'), q('b'), { ...q('b'), host: 'there' }, { ...as('A'), ...q('c') }];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss hit miss miss');
    expect((await see(house, '/s', q('b'))).kind).toBe('miss');
  });

  it('case 53: what changes one of them changes all that are the same', async () => {
    const house = searching('params=("utm")');
    const put: Wanted = { method: 'PUT', query: 'a=1' };
    const wanted = [q('a=1&utm=x'), q('a=2'), put, q('a=1'), q('a=2')];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss miss bypass miss hit');
  });
});
