/** What an answer to an unsafe request invalidates, and what it must not be made to invalidate. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { invalidatedBy, resolvedAddress } from '../../src/policy/invalidation.js';
import type { OriginNames } from '../../src/policy/invalidation.js';

const target = { host: 'api.example', path: '/a/b', query: 'q=1' };
const request = (method: string) => ({ method, ...target });

/** The addresses as text, without the host, which is always ours. */
const shown = (found: { readonly path: string; readonly query: string | undefined }): string =>
  found.query === undefined ? found.path : `${found.path}?${found.query}`;

function invalidated(method: string, status: number, ...headers: string[]): string[] {
  const { addresses } = invalidatedBy(request(method), { status, headers });
  expect(addresses.every(({ host }) => host === target.host)).toBe(true);
  return addresses.map(shown);
}

function resolved(reference: string, names: OriginNames = {}, base = target): string | undefined {
  const found = resolvedAddress(reference, base, names);
  return found === undefined ? undefined : shown(found);
}

describe('an unsafe request (RFC 9111 section 4.4)', () => {
  const unsafe = ['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH', 'PURGE', 'post', 'get'];

  it.each(unsafe)('case 53: %s invalidates its target when it is answered 2xx or 3xx', (method) => {
    for (const status of [200, 201, 204, 299, 301, 303, 399]) {
      expect(invalidated(method, status)).toEqual(['/a/b?q=1']);
    }
  });

  it.each(unsafe)('case 53: %s invalidates nothing when it fails', (method) => {
    for (const status of [100, 199, 400, 404, 409, 500, 503, 600, NaN]) {
      expect(invalidated(method, status, 'Location', '/c')).toEqual([]);
    }
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])('is not %s, which is safe', (method) => {
    expect(invalidated(method, 200, 'Location', '/c')).toEqual([]);
  });

  it('invalidates what Location and Content-Location name, each address once', () => {
    const both = ['location', 'c', 'CONTENT-LOCATION', 'https://api.example/d?x#f'];
    expect(invalidated('POST', 201, ...both)).toEqual(['/a/b?q=1', '/a/c', '/d?x']);
    expect(invalidated('PUT', 200, 'Location', '/a/b?q=1')).toEqual(['/a/b?q=1']);
    expect(invalidated('PUT', 200, 'Location', '?-')).toEqual(['/a/b?q=1', '/a/b?-']);
    expect(invalidated('PUT', 200, 'Location', '/c', 'Location', '/d')).toEqual(['/a/b?q=1']);
  });

  it('keeps an address without a query apart from one whose query looks like none', () => {
    const bare = { method: 'PUT', host: 'api.example', path: '/a', query: undefined };
    const { addresses } = invalidatedBy(bare, { status: 200, headers: ['Location', '?-'] });
    expect(addresses.map(shown)).toEqual(['/a', '/a?-']);
  });

  it('invalidates groups that the origin names, whatever the status (RFC 9875 section 3)', () => {
    const headers = ['Cache-Group-Invalidation', '"a", "B"'];
    const groups = (method: string, status: number) =>
      invalidatedBy(request(method), { status, headers }).groups;
    expect(groups('POST', 200)).toEqual(['a', 'B']);
    expect(groups('POST', 500)).toEqual(['a', 'B']);
    expect(groups('GET', 200)).toEqual([]);
  });
});

describe('a reference on our origin (RFC 3986 section 5)', () => {
  it.each([
    ['/x', '/x'],
    ['x', '/a/x'],
    ['./x/.', '/a/x/'],
    ['../x', '/x'],
    ['../../../x/../y', '/y'],
    ['', '/a/b?q=1'],
    ['#f', '/a/b?q=1'],
    ['?z', '/a/b?z'],
    ['?', '/a/b?'],
    ['/x?y?z', '/x?y?z'],
    ['//api.example/x', '/x'],
    ['//API.example:80', '/'],
    ['http://api.example/x', '/x'],
    ['HTTP://Api.Example:80/x', '/x'],
    ['https://api.example:443/x', '/x'],
    ['https://api.example:/x', '/x'],
    ['http://api.example:0080/x', '/x'],
    ['http://api.example?z', '/?z'],
    ['/%7Ex/%2e%2e', '/%7Ex/%2e%2e'],
  ])('%s is %s', (reference, address) => {
    expect(resolved(reference)).toBe(address);
  });

  it.each([
    ...['http://evil.example/x', '//evil.example/x', 'http://api.example.evil/x'],
    ...['http://api.example@evil.example/x', 'http://user@api.example/x', '//u:p@api.example/x'],
    ...['http://api.example:8080/x', 'https://api.example:80/x', 'http://api.example:443/x'],
    ...['http://api.example:65536/x', 'http://api.example:8a/x', 'http://api.example./x'],
    ...['http://api%2eexample/x', 'http:///x', '///x', 'http:x', 'http:/x', 'ftp://api.example/x'],
    ...['javascript:alert(1)', '\\\\api.example\\x', '/\\evil.example', 'http:\\\\api.example/x'],
    ...['/x y', ' /x', '/\tx', '/x\n', '/é', '/x\u0000', 'a:b', '//[::1/x', '//[api.example]/x'],
  ])('%j is none, or could be read in two ways', (reference) => {
    expect(resolved(reference)).toBeUndefined();
  });

  it('has the port of its host, and an IPv6 address has its brackets', () => {
    const on = (host: string) => ({ ...target, host });
    expect(resolved('http://api.example:8080/x', {}, on('api.example:8080'))).toBe('/x');
    expect(resolved('http://api.example/x', {}, on('api.example:8080'))).toBeUndefined();
    expect(resolved('https://api.example/x', {}, on('api.example:443'))).toBe('/x');
    expect(resolved('http://[::1]:8080/x', {}, on('[::1]:8080'))).toBe('/x');
    expect(resolved('/x', {}, on(''))).toBe('/x');
    expect(resolved('http://api.example/x', {}, on(''))).toBeUndefined();
    expect(resolved('//', {}, on(''))).toBeUndefined();
  });

  it('has our scheme where that is known, and may be under the upstream’s own name', () => {
    expect(resolved('http://api.example/x', { scheme: 'https' })).toBeUndefined();
    expect(resolved('//api.example:443/x', { scheme: 'https' })).toBe('/x');
    expect(resolved('//api.example:443/x', { scheme: 'http' })).toBeUndefined();
    const names = { authorities: ['10.0.0.7:8000', 'not/one'] };
    expect(resolved('http://10.0.0.7:8000/x', names)).toBe('/x');
    expect(resolved('http://10.0.0.7/x', names)).toBeUndefined();
    expect(resolved('http://not/one', names)).toBeUndefined();
  });
});

describe('any reference', () => {
  const piece = fc.constantFrom(
    ...['http:', 'https:', '//', '/', '..', '.', '@', ':', '80', '443', 'api.example', 'evil', '?'],
    ...['#', '%2f', '\\', ' ', '[', ']', 'a', 'é'],
  );
  const reference = fc.oneof(
    fc.array(piece, { maxLength: 10 }).map((all) => all.join('')),
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
  );

  it('that we take for ours is ours to the reader that browsers share, and says the same', () => {
    fc.assert(
      fc.property(reference, (text) => {
        const found = resolved(text);
        if (found === undefined) return;
        const url = new URL(text, 'http://api.example/a/b?q=1');
        expect(url.hostname).toBe('api.example');
        expect(url.username + url.password).toBe('');
        // It also takes escaped dots for dots; the gate admits no such path.
        if (/%2e/i.test(found)) return;
        const query = found.includes('?') && url.search === '' ? '?' : url.search;
        // It also escapes an apostrophe in a query.
        const spelled = (address: string) => address.replaceAll("'", '%27');
        if (!found.startsWith('//')) expect(spelled(url.pathname + query)).toBe(spelled(found));
      }),
      { numRuns: 10_000 },
    );
  });

  it('leaves an address that begins with one slash and has no dots to climb', () => {
    fc.assert(
      fc.property(reference, fc.webPath(), (text, path) => {
        const found = resolvedAddress(text, { ...target, path: `/${path}` });
        if (found === undefined || found.path === `/${path}`) return;
        expect(found.path).toMatch(/^\//);
        expect(found.path.split('/')).not.toContain('..');
      }),
      { numRuns: 5000 },
    );
  });
});
