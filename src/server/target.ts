/** The request target: one unambiguous absolute path and an optional query, or nothing. */

/** No query: the whole target is the path. */
export const NO_QUERY = -1;
/** The target is refused. */
export const BAD_TARGET = -2;

const PLAIN = 0;
const FORBIDDEN = 1;
const PERCENT = 2;
const DOT = 3;
const QUESTION = 4;

const PERCENT_SIGN = 0x25;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const QUESTION_MARK = 0x3f;
const FULL_STOP = 0x2e;

const codeOf = (char: string): number => char.charCodeAt(0);

/** What each ASCII character means in a path; raw control and non-ASCII bytes are forbidden. */
const pathClass = new Uint8Array(128).fill(PLAIN);
pathClass.fill(FORBIDDEN, 0, 0x21);
for (const char of ['\\', '#', '\x7f']) pathClass[codeOf(char)] = FORBIDDEN;
pathClass[PERCENT_SIGN] = PERCENT;
pathClass[FULL_STOP] = DOT;
pathClass[QUESTION_MARK] = QUESTION;

/** Browsers send a raw backslash in a query, where it separates nothing. */
const queryClass = pathClass.slice();
queryClass[codeOf('\\')] = PLAIN;
queryClass[FULL_STOP] = PLAIN;
queryClass[QUESTION_MARK] = PLAIN;

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The byte that a percent triplet at `at` stands for, or -1 when it is not one. */
function tripletAt(target: string, at: number): number {
  const high = hexValue(target.charCodeAt(at + 1));
  const low = hexValue(target.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/**
 * An encoded dot, slash, backslash or NUL reads as the raw character to some servers and as data to
 * others; whoever stands between them must not guess.
 */
function isAmbiguousByte(byte: number): boolean {
  return byte === FULL_STOP || byte === SLASH || byte === 0x5c || byte === 0;
}

function endsSegment(target: string, at: number): boolean {
  if (at >= target.length) return true;
  const code = target.charCodeAt(at);
  // Some servers cut path parameters before they resolve dots: `/a/..;x/b`.
  return code === SLASH || code === QUESTION_MARK || code === SEMICOLON;
}

function isDotSegment(target: string, at: number): boolean {
  if (target.charCodeAt(at - 1) !== SLASH) return false;
  if (endsSegment(target, at + 1)) return true;
  return target.charCodeAt(at + 1) === FULL_STOP && endsSegment(target, at + 2);
}

function queryIsWellFormed(target: string, from: number): boolean {
  for (let at = from; at < target.length; at += 1) {
    const meaning = queryClass[target.charCodeAt(at)] ?? FORBIDDEN;
    if (meaning === PLAIN) continue;
    if (meaning === FORBIDDEN || tripletAt(target, at) < 0) return false;
    at += 2;
  }
  return true;
}

/**
 * Where the query's question mark stands, `NO_QUERY`, or `BAD_TARGET`. Only the origin form is
 * taken (RFC 9112 section 3.2.1): the absolute form carries a second authority, and `//host` is
 * one to every URL library that resolves it against a base.
 */
export function querySplit(target: string): number {
  if (target.charCodeAt(0) !== SLASH || target.charCodeAt(1) === SLASH) return BAD_TARGET;
  for (let at = 1; at < target.length; at += 1) {
    const meaning = pathClass[target.charCodeAt(at)] ?? FORBIDDEN;
    if (meaning === PLAIN) continue;
    if (meaning === FORBIDDEN) return BAD_TARGET;
    if (meaning === QUESTION) return queryIsWellFormed(target, at + 1) ? at : BAD_TARGET;
    if (meaning === DOT) {
      if (isDotSegment(target, at)) return BAD_TARGET;
    } else {
      const byte = tripletAt(target, at);
      if (byte < 0 || isAmbiguousByte(byte)) return BAD_TARGET;
      at += 2;
    }
  }
  return NO_QUERY;
}
