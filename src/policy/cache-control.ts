/** What an answer's Cache-Control says, and the targeted fields that replace it. */
import type { RawHeaders } from '../message.js';
import { deltaSeconds, fieldNames, readDirectives } from './directives.js';
import type { Directive, Mutable } from './directives.js';
import { allValues, hasField } from './headers.js';
import { parseDictionary } from './structured-fields.js';
import type { Member } from './structured-fields.js';
import { surrogateDirectives } from './surrogate-control.js';

/** What an answer's directives say. Seconds are whole and lie between 0 and 2^31. */
export interface ResponseDirectives {
  /** The field that spoke, in lower case; undefined when there was none. */
  readonly source: string | undefined;
  /** The field breaks the grammar, so whoever asks must take it at its strictest. */
  readonly unparsable: boolean;
  readonly noStore: boolean;
  /** `private` and `no-cache` without field names; with names, only the names are listed. */
  readonly private: boolean;
  readonly privateFields: readonly string[];
  readonly noCache: boolean;
  readonly noCacheFields: readonly string[];
  readonly public: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly noTransform: boolean;
  readonly immutable: boolean;
  readonly maxAgeS: number | undefined;
  readonly sMaxageS: number | undefined;
  readonly staleWhileRevalidateS: number | undefined;
  readonly staleIfErrorS: number | undefined;
}

const SURROGATE_CONTROL = 'surrogate-control';

/** The targeted fields that we obey, the most particular first (RFC 9213 section 2.2). */
export const TARGETED_FIELDS: readonly string[] = [
  'leyden-cache-control',
  'cdn-cache-control',
  SURROGATE_CONTROL,
];

/** What is no number, and what is said twice differently, counts as stale (section 4.2.1). */
function strictLifetime(before: number | undefined, value: string | undefined): number {
  const here = deltaSeconds(value) ?? 0;
  return before === undefined || before === here ? here : 0;
}

function silentResponse(): Mutable<ResponseDirectives> {
  return {
    source: undefined,
    unparsable: false,
    noStore: false,
    private: false,
    privateFields: [],
    noCache: false,
    noCacheFields: [],
    public: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
    noTransform: false,
    immutable: false,
    maxAgeS: undefined,
    sMaxageS: undefined,
    staleWhileRevalidateS: undefined,
    staleIfErrorS: undefined,
  };
}

/** Directives without a value; one that carries a value it should not have still restricts. */
function setResponseFlag(answer: Mutable<ResponseDirectives>, directive: Directive): boolean {
  switch (directive.name) {
    case 'no-store':
      answer.noStore = true;
      return true;
    case 'must-revalidate':
      answer.mustRevalidate = true;
      return true;
    case 'proxy-revalidate':
      answer.proxyRevalidate = true;
      return true;
    case 'must-understand':
      answer.mustUnderstand = true;
      return true;
    case 'no-transform':
      answer.noTransform = true;
      return true;
    case 'immutable':
      // A value has no meaning and is ignored (RFC 8246 section 2).
      answer.immutable = true;
      return true;
    case 'public':
      // It permits, so with a value that nobody defined it says nothing.
      answer.public ||= directive.value === undefined;
      return true;
    default:
      return false;
  }
}

function setResponseValue(answer: Mutable<ResponseDirectives>, directive: Directive): void {
  const { name, value } = directive;
  switch (name) {
    case 'private':
    case 'no-cache': {
      // An empty or impossible list of names must not weaken it: it then covers everything.
      const names = fieldNames(value);
      if (name === 'private') {
        if (names === undefined) answer.private = true;
        else answer.privateFields = [...answer.privateFields, ...names];
      } else if (names === undefined) answer.noCache = true;
      else answer.noCacheFields = [...answer.noCacheFields, ...names];
      return;
    }
    case 'max-age':
      answer.maxAgeS = strictLifetime(answer.maxAgeS, value);
      return;
    case 's-maxage':
      answer.sMaxageS = strictLifetime(answer.sMaxageS, value);
      return;
    case 'stale-while-revalidate':
      answer.staleWhileRevalidateS = strictLifetime(answer.staleWhileRevalidateS, value);
      return;
    case 'stale-if-error':
      answer.staleIfErrorS = strictLifetime(answer.staleIfErrorS, value);
      return;
    default:
    // Extensions that we do not know are ignored (RFC 9111 section 5.2.3).
  }
}

function responseFrom(source: string, directives: readonly Directive[]): ResponseDirectives {
  const answer = silentResponse();
  answer.source = source;
  for (const directive of directives) {
    if (!setResponseFlag(answer, directive)) setResponseValue(answer, directive);
  }
  return answer;
}

const NUMERIC = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error']);

/** A dictionary member as a directive (RFC 9213 section 2.1). A number must be an integer there. */
function directiveOf(name: string, member: Member): Directive {
  if (member.type === 'boolean' && member.value) return { name, value: undefined };
  if (NUMERIC.has(name)) {
    return { name, value: member.type === 'integer' ? String(member.value) : '' };
  }
  return { name, value: member.type === 'string' ? member.value : '' };
}

/**
 * What the answer tells this cache. The first targeted field that is well formed and not empty
 * replaces Cache-Control and Expires altogether (RFC 9213 section 2.2).
 */
export function responseDirectives(
  headers: RawHeaders,
  targets: readonly string[] = TARGETED_FIELDS,
): ResponseDirectives {
  for (const target of targets) {
    if (!hasField(headers, target)) continue;
    if (target === SURROGATE_CONTROL) {
      const directives = surrogateDirectives(allValues(headers, target));
      if (directives === undefined) continue;
      return responseFrom(target, directives);
    }
    const members = parseDictionary(allValues(headers, target));
    if (members === undefined || members.size === 0) continue;
    return responseFrom(
      target,
      [...members].map(([name, member]) => directiveOf(name, member)),
    );
  }
  if (!hasField(headers, 'cache-control')) return silentResponse();
  const directives = readDirectives(allValues(headers, 'cache-control'));
  return directives === undefined
    ? { ...silentResponse(), source: 'cache-control', unparsable: true }
    : responseFrom('cache-control', directives);
}
