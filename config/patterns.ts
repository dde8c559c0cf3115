/** Path patterns of routes: their syntax, the reserved paths, and which pattern covers which. */

/** Paths that the gateway answers itself; no route ever sees them. */
const RESERVED = new Set(['/health', '/health/ready', '/metrics', '/whoami']);

/** RFC 3986 section 3.3 pchar; a percent sign must begin an octet. */
const SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})*$/;

/** What is wrong with a pattern, as the end of a sentence; undefined when nothing is. */
export function patternFault(pattern: string): string | undefined {
  if (!pattern.startsWith('/')) return 'must begin with /';
  if (pattern.length > 2048) return 'must be 2048 characters or less';
  const segments = pattern.slice(1).split('/');
  for (const [at, segment] of segments.entries()) {
    const last = at === segments.length - 1;
    if (segment === '**' && last) continue;
    if (segment === '**') return 'may hold ** as its last segment only';
    if (segment === '*') continue;
    if (segment.includes('*')) return 'may hold * as a whole segment only';
    if (segment === '' && !last) return 'must not hold an empty segment';
    if (segment === '.' || segment === '..') return 'must not hold . or .. as a segment';
    if (!SEGMENT.test(segment)) return 'holds a character that a path cannot hold unencoded';
  }
  if (RESERVED.has(pattern) || segments[0] === '.leyden') return 'is reserved and never routed';
  return undefined;
}

/** Does `first` match every path that `second` matches? */
export function covers(first: string, second: string): boolean {
  if (!first.includes('*')) return first === second;
  const [mine, theirs] = [first.split('/'), second.split('/')];
  for (const [at, segment] of mine.entries()) {
    if (segment === '**') return theirs.length > at;
    const other = theirs[at];
    if (other === undefined || other === '**') return false;
    // An empty last segment is a trailing slash, which `*` does not stand for.
    if (segment !== other && !(segment === '*' && other !== '')) return false;
  }
  return mine.length === theirs.length;
}
