/** What an answer to an unsafe request makes stale: its own address, those it names, and groups. */
import type { RawHeaders } from '../message.js';
import { singleValue } from './headers.js';
import { invalidatedGroups, isSafeMethod } from './tags.js';

/** An address of this gateway, path and query as the gate would admit them. */
export interface Address {
  readonly host: string;
  readonly path: string;
  readonly query: string | undefined;
}

export interface UnsafeRequest extends Address {
  readonly method: string;
}

export interface OriginNames {
  /** How callers reach us; undefined when that is not known, and then http and https both count. */
  readonly scheme?: 'http' | 'https' | undefined;
  /** Other authorities by which the origin calls itself, such as the upstream's own. */
  readonly authorities?: readonly string[];
}

export interface Invalidation {
  /** The target first; each address once. */
  readonly addresses: readonly Address[];
  readonly groups: readonly string[];
}

const NOTHING: Invalidation = { addresses: [], groups: [] };
type Scheme = 'http' | 'https';
const SCHEMES: readonly Scheme[] = ['http', 'https'];
const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

/** RFC 3986 appendix B, the fragment taken off before. */
const REFERENCE = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/;
/** What a URI is made of (RFC 3986 section 2); a backslash or a space means two things to two. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/;
/** No user information, no escapes: what is left has one reading. */
const AUTHORITY = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]*))?$/;

/** Host and port, both written out; undefined when it is not plain. */
function authorityOf(text: string, scheme: Scheme): string | undefined {
  const found = AUTHORITY.exec(text.toLowerCase());
  if (found === null) return undefined;
  const [, host = '', digits = ''] = found;
  const port = digits === '' ? DEFAULT_PORTS[scheme] : Number(digits);
  return port <= 65_535 ? `${host}:${port}` : undefined;
}

/** Same scheme, host and port (RFC 9110 section 4.3.1); an address elsewhere is none of ours. */
function isOurs(
  scheme: string | undefined,
  authority: string,
  host: string,
  names: OriginNames,
): boolean {
  return SCHEMES.some((one) => {
    if (scheme !== undefined && scheme !== one) return false;
    if (names.scheme !== undefined && names.scheme !== one) return false;
    const asked = authorityOf(authority, one);
    if (asked === undefined) return false;
    return [host, ...(names.authorities ?? [])].some((own) => authorityOf(own, one) === asked);
  });
}

/** RFC 3986 section 5.2.4, for a path that begins with a slash. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const dots = segment === '.' || segment === '..';
    if (segment === '..') kept.pop();
    if (!dots) kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/**
 * The address that a reference in an answer means, if it is of the same origin as the request
 * (RFC 3986 section 5.2). Undefined for all that could be read in two ways.
 */
export function resolvedAddress(
  reference: string,
  base: Address,
  names: OriginNames = {},
): Address | undefined {
  if (!URI_CHARACTERS.test(reference)) return undefined;
  const found = REFERENCE.exec(reference.split('#', 1)[0] ?? '');
  if (found === null) return undefined;
  const [, scheme, authority, path = '', query] = found;
  const { host } = base;
  if (authority !== undefined) {
    if (!isOurs(scheme?.toLowerCase(), authority, host, names)) return undefined;
    return { host, path: withoutDots(path === '' ? '/' : path), query };
  }
  // `http:path` means one thing to a browser and another to RFC 3986.
  if (scheme !== undefined) return undefined;
  if (path === '') return { host, path: base.path, query: query ?? base.query };
  const parent = base.path.slice(0, base.path.lastIndexOf('/') + 1);
  return { host, path: withoutDots(path.startsWith('/') ? path : `${parent}${path}`), query };
}

const nameOf = ({ path, query }: Address): string => JSON.stringify([path, query ?? null]);

/**
 * RFC 9111 section 4.4: an answer that is no error to a method that is not known to be safe
 * invalidates its target, and, on the same origin, what Location and Content-Location name. The
 * groups of RFC 9875 section 3 are the origin's own word, whatever the status.
 */
export function invalidatedBy(
  request: UnsafeRequest,
  answer: { readonly status: number; readonly headers: RawHeaders },
  names: OriginNames = {},
): Invalidation {
  const { method, host, path, query } = request;
  if (isSafeMethod(method)) return NOTHING;
  const groups = invalidatedGroups(method, answer.headers);
  if (!(answer.status >= 200 && answer.status < 400)) return { addresses: [], groups };
  const target: Address = { host, path, query };
  const addresses = new Map([[nameOf(target), target]]);
  for (const name of ['location', 'content-location']) {
    const said = singleValue(answer.headers, name);
    // Two that differ, or one that cannot be read, name nothing: this part is only a MAY.
    const found = said.kind === 'one' ? resolvedAddress(said.value, target, names) : undefined;
    if (found !== undefined) addresses.set(nameOf(found), found);
  }
  return { addresses: [...addresses.values()], groups };
}
