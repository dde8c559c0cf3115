/** The key: what makes two requests the same, and what goes upstream in their name. */
import { describe, expect, it } from '@jest/globals';
import { keyUnderRule, keyedQuery, strippedPath } from '../../src/policy/key.js';
import { compileRules, type CacheOptions, type LifetimeRule } from '../../src/policy/rules.js';
import { cached, requestOf, routeOf, type Asked } from '../fakes/rooms.js';

const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'x-api-key']);

function keying(rule: Partial<CacheOptions>, asked: Asked = {}, path = '/r') {
  const [route] = compileRules([cached('/**', rule)]).routes;
  if (route === undefined) throw new Error('no route');
  return keyUnderRule(route, route.cache as LifetimeRule, requestOf(path, asked), CREDENTIALS);
}

function keyed(rule: Partial<CacheOptions>, asked: Asked = {}, path = '/r') {
  const made = keying(rule, asked, path);
  if (made.kind === 'bypass') throw new Error(`bypass: ${made.reason}`);
  return made;
}

describe('the query as it is keyed and sent', () => {
  it.each([
    ['b=2&a=1', 'exact', 'b=2&a=1'],
    ['', 'exact', ''],
    [undefined, 'exact', undefined],
    ['a=1;b=2', 'exact', 'a=1;b=2'],
    ['b=2&a=1', 'sorted', 'a=1&b=2'],
    ['a=2&a=1', 'sorted', 'a=2&a=1'],
    ['a=1%26b=2', 'sorted', 'a=1%26b=2'],
    ['', 'sorted', undefined],
    ['&&b&a', 'sorted', 'a&b'],
    ['z=1&b=2&a=1', ['a', 'b'], 'a=1&b=2'],
    ['a=2&z&a=1', ['a'], 'a=2&a=1'],
    ['a;b=1', ['a'], undefined],
    ['%61=1', ['a'], undefined],
    ['A=1', ['a'], undefined],
    ['a', ['a'], 'a'],
    ['a=', ['a'], 'a='],
    ['z=1', ['a'], undefined],
  ] as const)('case 41: ?%s under %j is sent as %s', (query, mode, sent) => {
    const words = typeof mode === 'string' ? mode : new Set(mode);
    expect(keyedQuery(query, words)).toBe(sent);
    const made = keyed({ query: mode }, query === undefined ? {} : { query });
    expect(made.target).toBe(sent === undefined ? '/r' : `/r?${sent}`);
  });

  it('case 41: two queries share a key exactly when the same is sent for both', () => {
    const queries = [undefined, '', 'a=1', 'a=1&a=2', 'a=2&a=1', 'b=2&a=1', 'a=1&b=2', 'a=1%26b=2'];
    for (const mode of ['exact', 'sorted', ['a']] as const) {
      const made = queries.map((q) => keyed({ query: mode }, q === undefined ? {} : { query: q }));
      for (const one of made) {
        for (const other of made) expect(one.key === other.key).toBe(one.target === other.target);
      }
    }
  });
});

describe('whose slot it is', () => {
  const bearer = (token: string): Asked => ({ headers: ['Authorization', token] });

  it('case 8: a query that spells a credential is not the key of whoever has it', () => {
    const victim = keyed({}, bearer('Bearer V'), '/whoami');
    const forged = keyed({}, { query: 'Authorization:0101f1f4' }, '/whoami');
    const spelled = keyed({}, { query: `Authorization:${victim.partition}` }, '/whoami');
    expect(new Set([victim.key, forged.key, spelled.key]).size).toBe(3);
  });

  it('case 19: credentials that differ in one byte have different slots', () => {
    const values = ['Bearer x', 'bearer x', 'Bearer  x', 'Bearer xx', 'Basic x', 'Bearer X'];
    const keys = [keyed({}).key, ...values.map((value) => keyed({}, bearer(value)).key)];
    expect(new Set(keys).size).toBe(values.length + 1);
  });

  it('case 3: the anonymous slot is not that of anybody with a credential', () => {
    expect(keyed({}).partition).toBe('anon');
    expect(keyed({}, bearer('Bearer A')).partition).toBe('mac(Bearer A)');
    expect(keyed({}, bearer('Bearer A')).headers).toContain('Bearer A');
  });

  it('a shared slot does not show the upstream the credential that it does not key', () => {
    const made = keyed({ authorization: 'shared' }, bearer('Bearer A'));
    expect(made.key).toBe(keyed({ authorization: 'shared' }, bearer('Bearer B')).key);
    expect(made.partition).toBe('shared');
    expect(made.headers).not.toContain('Bearer A');
  });

  it.each([
    [
      'a credential, where the rule says so',
      { authorization: 'bypass' },
      bearer('x'),
      'credentials',
    ],
    [
      'a credential that the key does not cover',
      {},
      { headers: ['X-API-Key', 'k'] },
      'credentials',
    ],
    ['case 27: a cookie', {}, { headers: ['Cookie', 'sid=1'] }, 'cookies'],
    ['another method', {}, { method: 'POST' }, 'method'],
  ] as const)('%s goes past the cache', (_what, rule, asked, reason) => {
    expect(keying(rule, asked)).toEqual({ kind: 'bypass', reason });
  });

  it('a credential whose name the rule keys is covered by the key', () => {
    const of = (key: string) => keyed({ headers: ['x-api-key'] }, { headers: ['X-API-Key', key] });
    expect(of('one').key).not.toBe(of('two').key);
    expect(of('one').headers).toEqual(['Accept-Encoding', 'identity', 'x-api-key', 'one']);
  });
});

describe('what is keyed is what is sent', () => {
  it('case 31: another host is another key', () => {
    expect(keyed({}, { host: 'a' }).key).not.toBe(keyed({}, { host: 'b' }).key);
    expect(keyed({}, { host: 'a' }).key).not.toBe(keyed({}, { host: 'a.' }).key);
  });

  it('case 26: HEAD shares the key of GET', () => {
    expect(keyed({}, { method: 'HEAD' }).key).toBe(keyed({}).key);
  });

  it('fields that are not keyed do not reach the upstream and do not change the key', () => {
    const made = keyed(
      {},
      { headers: ['X-Tenant', 'a', 'Accept', 'text/html', 'Range', 'bytes=0-'] },
    );
    expect(made.headers).toEqual(['Accept-Encoding', 'identity']);
    expect(made.key).toBe(keyed({}).key);
    expect(made.plain).toBe(true);
  });

  it('a keyed field is absent, empty or a list, and each is something else', () => {
    const of = (...headers: string[]) => keyed({ headers: ['x-tenant'] }, { headers });
    const made = [
      of(),
      of('X-Tenant', ''),
      of('X-Tenant', 'a'),
      of('X-Tenant', 'a', 'x-tenant', 'b'),
    ];
    expect(new Set(made.map(({ key }) => key)).size).toBe(4);
    expect(made[3]?.headers).toEqual(['Accept-Encoding', 'identity', 'x-tenant', 'a, b']);
    expect(of('x-tenant', 'a, b').key).toBe(made[3]?.key);
    expect(made[2]?.plain).toBe(false);
  });

  it('listed cookies are keyed and sent in one order, others are dropped', () => {
    const of = (cookie: string) => keyed({ cookies: ['b', 'a'] }, { headers: ['Cookie', cookie] });
    expect(of('b=2; z=9; a=1').headers).toEqual([
      'Accept-Encoding',
      'identity',
      'Cookie',
      'a=1; b=2',
    ]);
    expect(of('a=1; b=2').key).toBe(of('b=2; z=8; a=1').key);
    expect(of('a=1').key).not.toBe(of('a=2').key);
    expect(of('z=1').key).toBe(keyed({ cookies: ['b', 'a'] }).key);
    expect(of('z=1').plain).toBe(false);
  });

  it('dropped cookies are neither keyed nor sent', () => {
    const made = keyed({ cookies: 'drop' }, { headers: ['Cookie', 'sid=1'] });
    expect(made.key).toBe(keyed({ cookies: 'drop' }).key);
    expect(made.headers).toEqual(['Accept-Encoding', 'identity']);
  });

  it.each([
    ['/api', '/api/x', '/x'],
    ['/api', '/api', '/'],
    ['/api', '/other', '/other'],
    [undefined, '/api/x', '/api/x'],
  ])('strip %s turns %s into %s', (strip, path, sent) => {
    const [route] = compileRules([routeOf('/**', { strip })]).routes;
    expect(route === undefined ? '' : strippedPath(route, path)).toBe(sent);
  });
});
