/** A slow, independent reading of RFC 9111 for a shared cache, to compare ours with. */

/** One answer as plain words: what the reference is told about it. */
export interface Said {
  readonly status: number;
  /** Directives of Cache-Control; undefined: there is no such field. */
  readonly words: readonly string[] | undefined;
  readonly expiresInS: number | undefined;
  readonly changedAgoS: number | undefined;
  readonly ageS: number;
  readonly vary: readonly string[];
  readonly authorization: boolean;
}

export interface Wish {
  readonly words: readonly string[];
  readonly waitedS: number;
}

const has = (words: readonly string[] | undefined, name: string): boolean =>
  words?.some((word) => word === name || word.startsWith(`${name}=`)) === true;

/** Undefined when the directive is absent; what is said twice differently is stale: zero. */
function seconds(words: readonly string[] | undefined, name: string): number | undefined {
  const values = (words ?? [])
    .filter((word) => word.startsWith(`${name}=`))
    .map((word) => word.slice(name.length + 1));
  if (values.length === 0) return undefined;
  if (values.some((value) => !/^\d+$/.test(value))) return 0;
  return values.every((value) => Number(value) === Number(values[0])) ? Number(values[0]) : 0;
}

/** Section 3, one bullet after the other. */
export function mayStore(said: Said): boolean {
  const { status, words } = said;
  const understood = status !== 299 && status !== 418;
  // "the response status code is final"
  if (status < 200) return false;
  // "if the response status code is 206 or 304, or the must-understand cache directive is
  // present: the cache understands the response status code"
  if (status === 206 || status === 304) return false;
  if (has(words, 'must-understand') && !understood) return false;
  // "the no-store cache directive is not present", which must-understand takes back
  if (has(words, 'no-store') && !has(words, 'must-understand')) return false;
  // "if the cache is shared: the private response directive is either not present or allows a
  // shared cache to store a modified response"
  if (words?.includes('private') === true) return false;
  // "if the cache is shared: the Authorization header field is not present in the request or a
  // response directive is present that explicitly allows shared caching"
  const shared = ['public', 's-maxage', 'must-revalidate'].some((name) => has(words, name));
  if (said.authorization && !shared) return false;
  // Section 4.1: what varies by everything can never be used.
  if (said.vary.includes('*')) return false;
  // "the response contains at least one of": public, Expires, max-age, s-maxage, or a status
  // code that is defined as heuristically cacheable
  const heuristic = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501].includes(status);
  const explicit = ['public', 'max-age', 's-maxage'].some((name) => has(words, name));
  return explicit || said.expiresInS !== undefined || heuristic;
}

/** Section 4.2.1: the first match; and our own choice for section 4.2.2, a tenth, a day at most. */
export function lifetimeS(said: Said): number {
  const { words, expiresInS, changedAgoS, status } = said;
  const shared = seconds(words, 's-maxage');
  if (shared !== undefined) return shared;
  const own = seconds(words, 'max-age');
  if (own !== undefined) return own;
  if (expiresInS !== undefined) return Math.max(0, expiresInS);
  const heuristic = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501].includes(status);
  if (changedAgoS === undefined || !(heuristic || has(words, 'public'))) return 0;
  return Math.min(86_400, Math.max(0, changedAgoS * 0.1));
}

/** Section 4: whether the stored answer goes out without a question, fresh. */
export function isHit(said: Said, wish: Wish): boolean {
  if (!mayStore(said)) return false;
  // Old on arrival and without a validator: nothing of it could ever be used.
  const lifetime = lifetimeS(said);
  const age = said.ageS + wish.waitedS;
  if (lifetime - said.ageS <= 0) return false;
  if (said.words?.includes('no-cache') === true) return false;
  if (has(wish.words, 'no-cache')) return false;
  if (age >= lifetime) return false;
  const youngest = seconds(wish.words, 'min-fresh');
  if (youngest !== undefined && lifetime - age < youngest) return false;
  const oldest = seconds(wish.words, 'max-age');
  return oldest === undefined || age <= oldest || has(said.words, 'immutable');
}

/** RFC 5861 section 3 and section 4.2.4: whether it goes out although it is old. */
export function isStaleHit(said: Said, wish: Wish): boolean {
  if (!mayStore(said) || isHit(said, wish)) return false;
  const lifetime = lifetimeS(said);
  if (lifetime - said.ageS <= 0) return false;
  const forbids = ['must-revalidate', 'proxy-revalidate', 's-maxage'];
  if (forbids.some((name) => has(said.words, name))) return false;
  // With field names it speaks of those fields only (section 5.2.2.4).
  if (said.words?.includes('no-cache') === true) return false;
  if (has(wish.words, 'no-cache') || has(wish.words, 'min-fresh')) return false;
  const age = said.ageS + wish.waitedS;
  if (age < lifetime) return false;
  const oldest = seconds(wish.words, 'max-age');
  const takesOld = has(wish.words, 'max-stale');
  if (oldest !== undefined && (age > oldest || !takesOld)) return false;
  const window = seconds(said.words, 'stale-while-revalidate') ?? 0;
  if (age - lifetime < window) return true;
  if (!takesOld) return false;
  return age - lifetime <= (seconds(wish.words, 'max-stale') ?? Infinity);
}
