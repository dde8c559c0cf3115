/** The Connection field: whether it names a field that is meant for the other end. */

/** RFC 9110 section 7.6.1: a field meant for all recipients is never a connection option. */
const endToEnd = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'age',
  'authorization',
  'cache-control',
  'cookie',
  'cookie2',
  'date',
  'etag',
  'expect',
  'expires',
  'forwarded',
  'from',
  'host',
  'last-modified',
  'max-forwards',
  'origin',
  'pragma',
  'prefer',
  'range',
  'referer',
  'set-cookie',
  'traceparent',
  'tracestate',
  'true-client-ip',
  'user-agent',
  'vary',
  'via',
  'x-real-ip',
  'x-request-id',
]);

const endToEndPrefixes = ['content-', 'if-', 'x-forwarded-'];

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** True when the value may stand; `more` are lower-case names that are end-to-end here too. */
export function connectionMayStand(value: string, more: ReadonlySet<string>): boolean {
  // Nearly every request says one of these two.
  if (value === 'keep-alive' || value === 'close') return true;
  for (const element of value.toLowerCase().split(',')) {
    const option = element.trim();
    if (option === '') continue;
    if (!token.test(option) || endToEnd.has(option) || more.has(option)) return false;
    if (endToEndPrefixes.some((prefix) => option.startsWith(prefix))) return false;
  }
  return true;
}
