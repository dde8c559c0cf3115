/** What an upstream gets to see of a request: nothing that only the gateway may say. */
import { describe, expect, it } from '@jest/globals';
import { keyedFields, passedFields } from '../../src/policy/forward.js';
import { allValues, firstValue } from '../../src/policy/headers.js';
import { NO_EDITS, requestOf } from '../fakes/rooms.js';

const distrust = (): boolean => false;
const trust = (peer: string): boolean => peer === '127.0.0.9';
const CANARY = 'canary.example';

const SPOOFED = [
  ...['X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-Scheme'],
  ...['X-Forwarded-Prefix', 'X-Forwarded-For', 'X-Forwarded-Server', 'X-Forwarded', 'X-Host'],
  ...['Forwarded', 'X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method', 'X-HTTP-Method-Override'],
  ...['X-Method-Override', 'True-Client-IP', 'X-Real-IP', 'X-Client-IP', 'CF-Connecting-IP'],
  ...['X-Middleware-Subrequest', 'X-Leyden-Worker', 'x-leyden-anything', 'X-Request-Id', 'Expect'],
];

describe('a request that passes by', () => {
  it.each(SPOOFED)('cases 39, 47 and 73: %s of a caller does not reach the upstream', (name) => {
    const spellings = [name, name.toLowerCase(), name.toUpperCase()];
    const headers = spellings.flatMap((spelling) => [spelling, CANARY]);
    const request = requestOf('/r', { headers: ['Accept', 'a/b', ...headers] });
    const sent = passedFields(request, NO_EDITS, distrust);
    expect(sent.join('\n')).not.toContain(CANARY);
    expect(firstValue(sent, 'accept')).toBe('a/b');
    expect(keyedFields([], request, NO_EDITS).join('\n')).not.toContain(CANARY);
  });

  it('case 72: tells the upstream who asked, in place of what the caller said', () => {
    const headers = ['X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'https'];
    const sent = passedFields(requestOf('/r', { headers }), NO_EDITS, distrust);
    expect(allValues(sent, 'x-forwarded-for')).toEqual(['127.0.0.9']);
    expect(allValues(sent, 'x-forwarded-proto')).toEqual(['http']);
    expect(allValues(sent, 'x-forwarded-host')).toEqual(['here']);
  });

  it('case 72: a trusted proxy may vouch for the address, host and scheme behind it', () => {
    const headers = ['X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'https'];
    headers.push('X-Forwarded-Host', 'shop.example');
    const sent = passedFields(requestOf('/r', { headers }), NO_EDITS, trust);
    expect(allValues(sent, 'x-forwarded-for')).toEqual(['1.2.3.4, 127.0.0.9']);
    expect(allValues(sent, 'x-forwarded-proto')).toEqual(['https']);
    expect(allValues(sent, 'x-forwarded-host')).toEqual(['shop.example']);
  });

  it('case 72: a trusted proxy cannot invent a scheme', () => {
    const headers = ['X-Forwarded-Proto', 'https, http'];
    const sent = passedFields(requestOf('/r', { headers }), NO_EDITS, trust);
    expect(allValues(sent, 'x-forwarded-proto')).toEqual(['http']);
  });

  it('has no host of its own where any host is taken', () => {
    const sent = passedFields(requestOf('/r', { host: '' }), NO_EDITS, distrust);
    expect(allValues(sent, 'x-forwarded-host')).toEqual([]);
    expect(allValues(sent, 'host')).toEqual([]);
  });

  it('the route sets and removes fields last, whatever their spelling', () => {
    const edits = {
      set: { 'X-Api-Version': '2', 'x-forwarded-for': 'hidden' },
      remove: ['ACCEPT'],
    };
    const headers = ['Accept', 'a/b', 'x-api-version', '1', 'X-Kept', 'k'];
    const sent = passedFields(requestOf('/r', { headers }), edits, distrust);
    expect(allValues(sent, 'accept')).toEqual([]);
    expect(allValues(sent, 'x-api-version')).toEqual(['2']);
    expect(allValues(sent, 'x-forwarded-for')).toEqual(['hidden']);
    expect(allValues(sent, 'x-kept')).toEqual(['k']);
  });
});

describe('a request that many share', () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('shows the keyed fields, the id and a well-formed trace, and nothing else', () => {
    const headers = [
      'Traceparent',
      trace,
      'Accept',
      'a/b',
      'Cookie',
      'sid=1',
      'Range',
      'bytes=0-0',
    ];
    const request = requestOf('/r', { headers });
    const sent = keyedFields(['Accept-Encoding', 'identity'], request, NO_EDITS);
    expect(sent).toEqual([
      'Accept-Encoding',
      'identity',
      'X-Request-Id',
      request.id,
      'traceparent',
      trace,
    ]);
  });

  it.each([`${trace}x`, 'x', trace.toUpperCase(), ''])('drops a malformed trace %j', (value) => {
    const request = requestOf('/r', { headers: ['traceparent', value] });
    expect(keyedFields([], request, NO_EDITS)).toEqual(['X-Request-Id', request.id]);
  });
});
