/** The coding of stored answers: which of them may be coded, and which form a caller gets. */
import type { RawHeaders } from '../message.js';
import { entityTagOf, parseEntityTags, strongMatch, weakMatch } from './entity-tag.js';
import { combinedValue, firstValue, hasField, listMembers, withField } from './headers.js';
import { acceptsCoding, preferredCoding } from './vary.js';

/**
 * One coding is kept of each answer, and gzip is the one that nearly everybody takes: whoever
 * takes br takes gzip too, and many programs take nothing else.
 */
export const CODING = 'gzip';

/** What is smaller saves no packet, and costs more to open than it spares. */
export const CODED_MIN_BYTES = 1024;
/** A coded body that is larger than this part of the plain one is not worth its opening. */
export const CODED_SHARE_MAX = 0.9;

/** Why an answer is kept as it came. */
export type PlainReason =
  | 'small' // it is too small to gain by it
  | 'type' // its type is none that shrinks
  | 'encoded' // it came in a coding
  | 'digest' // a field of it speaks of the very bytes
  | 'no-transform' // its origin said so (RFC 9111 section 5.2.2.6)
  | 'saves-little'; // it was tried, and would spare less than a tenth

const SHRINKS = new RegExp(
  '^(?:text/(?!event-stream$).+|.+\\+(?:json|xml)|image/(?:bmp|x-icon)|font/(?:ttf|otf)|' +
    'application/(?:json|xml|(?:x-)?javascript|ecmascript|(?:x-)?ndjson|json-seq|(?:x-)?yaml|' +
    'toml|sql|graphql|wasm|x-www-form-urlencoded))$',
);

function mediaType(headers: RawHeaders): string {
  const [type = ''] = firstValue(headers, 'content-type')?.split(';', 1) ?? [];
  return type.trim().toLowerCase();
}

/** Fields that hold for the bytes as they came; a signature covers one of them as a rule. */
const OF_THE_BYTES = ['content-md5', 'content-digest', 'repr-digest', 'digest', 'signature'];

/** Judged by the fields that go out; undefined when it may be coded. */
export function whyPlain(
  headers: RawHeaders,
  bodyBytes: number,
  noTransform: boolean,
): PlainReason | undefined {
  if (bodyBytes < CODED_MIN_BYTES) return 'small';
  if (hasField(headers, 'content-encoding')) return 'encoded';
  if (!SHRINKS.test(mediaType(headers))) return 'type';
  if (noTransform) return 'no-transform';
  return OF_THE_BYTES.some((name) => hasField(headers, name)) ? 'digest' : undefined;
}

/** Both forms say that there are two (RFC 9110 section 12.5.5). */
export function plainFields(headers: RawHeaders): RawHeaders {
  const said = combinedValue(headers, 'vary');
  const names = listMembers(said === undefined ? [] : [said]);
  if (names.some((name) => name === '*' || name.toLowerCase() === 'accept-encoding')) {
    return headers;
  }
  return withField(headers, 'Vary', [...names, 'Accept-Encoding'].join(', '));
}

/**
 * Other bytes need another strong tag (RFC 9110 section 8.8.3.3); a weak one speaks of the meaning,
 * which is the same.
 */
export function codedTag(etag: string): string {
  return etag.startsWith('"') ? `${etag.slice(0, -1)}-${CODING}"` : etag;
}

/** The fields of the coded form, made of those of the plain one. */
export function codedFields(plain: RawHeaders, bodyBytes: number): RawHeaders {
  const etag = firstValue(plain, 'etag');
  const tagged = etag === undefined ? plain : withField(plain, 'ETag', codedTag(etag));
  return withField(
    withField(tagged, 'Content-Length', String(bodyBytes)),
    ...(['Content-Encoding', CODING] as const),
  );
}

/** What an Accept-Encoding says of the two forms. */
export interface Accepts {
  readonly coded: boolean;
  readonly plain: boolean;
  /** Of the two it is the coded one that he likes better, or as well. */
  readonly likesCoded: boolean;
}

export function acceptsOf(acceptEncoding: string | undefined): Accepts {
  return {
    coded: acceptsCoding(acceptEncoding, CODING),
    plain: acceptsCoding(acceptEncoding, 'identity'),
    likesCoded: preferredCoding(acceptEncoding, [CODING, 'identity']) === CODING,
  };
}

export interface Forms {
  /** The fields of each form. */
  readonly coded: RawHeaders;
  readonly plain: RawHeaders;
}

/** Whether a condition of the request names the tag of a form; undefined when it names none. */
function namingIn(request: RawHeaders): ((form: RawHeaders) => boolean) | undefined {
  const ifMatch = combinedValue(request, 'if-match');
  const value = ifMatch ?? combinedValue(request, 'if-none-match');
  const tags = value === undefined ? undefined : parseEntityTags(value);
  if (tags === undefined || tags === '*') return undefined;
  const same = ifMatch === undefined ? weakMatch : strongMatch;
  return (form) => {
    const own = entityTagOf(form);
    return tags.some((tag) => same(tag, own));
  };
}

/**
 * The form that this caller gets: never one that he refuses while there is another. Of two that he
 * takes it is the one that he holds already, or else the one that he likes better; a part is cut
 * from the plain one.
 */
export function formFor(accepts: Accepts, request: RawHeaders, forms: Forms): keyof Forms {
  if (!accepts.coded) return 'plain';
  if (!accepts.plain) return 'coded';
  if (hasField(request, 'range')) return 'plain';
  const liked = accepts.likesCoded ? 'coded' : 'plain';
  const isNamed = namingIn(request);
  if (isNamed === undefined || isNamed(forms[liked])) return liked;
  const other = accepts.likesCoded ? 'plain' : 'coded';
  return isNamed(forms[other]) ? other : liked;
}
