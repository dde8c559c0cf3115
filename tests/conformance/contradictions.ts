/** Tests of the public suite that contradict a standard, each with the standard's sentence. */

export interface Contradiction {
  /** The document and its section. */
  readonly section: string;
  /** The sentence that a cache cannot obey and pass the test. */
  readonly sentence: string;
  /** What the test wants instead. */
  readonly test: string;
}

/** The suite is older than RFC 9111, which says for the first time what a broken Age means. */
const brokenAge: Contradiction = {
  section: 'RFC 9111 section 5.1',
  sentence:
    'If the field value (after discarding additional members, as per above) is invalid (e.g., it ' +
    'contains something other than a non-negative integer), a cache SHOULD ignore the field.',
  test: 'wants an answer with a broken Age to count as stale.',
};

const listedAge: Contradiction = {
  section: 'RFC 9111 section 5.1',
  sentence:
    'Although it is defined as a singleton header field, a cache encountering a message with a ' +
    'list-based Age field value SHOULD use the first member of the field value, discarding ' +
    'subsequent ones.',
  test: 'wants a member after the first to make the answer stale.',
};

/**
 * The origin closes the connection without an answer. `not_cached` looks for the number with which
 * the origin signs its answers, and an error that the cache generates has none.
 */
const unsignedError = (section: string, sentence: string): Contradiction => ({
  section: `RFC 9111 section ${section}`,
  sentence,
  test: 'wants the origin’s own answer where there is none, and fails on any generated error.',
});

const noStaleAnswer = unsignedError(
  '4.2.4',
  'A cache MUST NOT generate a stale response if it is prohibited by an explicit in-protocol ' +
    'directive (e.g., by a no-cache response directive, a must-revalidate response directive, or ' +
    'an applicable s-maxage or proxy-revalidate response directive; see Section 5.2.2).',
);

const misdescribedPart: Contradiction = {
  section: 'RFC 9110 section 15.3.7.1',
  sentence:
    'If a single part is being transferred, the server generating the 206 response MUST generate ' +
    'a Content-Range header field, describing what range of the selected representation is ' +
    'enclosed, and a content consisting of the range.',
  test: 'says that bytes 4 to 9 are enclosed, sends five bytes, and wants them kept.',
};

export const contradictions: Readonly<Record<string, Contradiction>> = {
  'age-parse-nonnumeric': brokenAge,
  'age-parse-negative': brokenAge,
  'age-parse-float': brokenAge,
  'age-parse-parameter': brokenAge,
  'age-parse-numeric-parameter': brokenAge,
  'age-parse-prefix-twoline': listedAge,
  'age-parse-dup-0': listedAge,
  'age-parse-dup-0-twoline': listedAge,
  'age-parse-dup-old': listedAge,
  'stale-close-must-revalidate': unsignedError(
    '5.2.2.2',
    'In all circumstances, a cache MUST NOT ignore the must-revalidate directive; in particular, ' +
      'if a cache is disconnected, the cache MUST generate an error response rather than reuse ' +
      'the stale response.',
  ),
  'stale-close-proxy-revalidate': noStaleAnswer,
  'stale-close-no-cache': noStaleAnswer,
  'stale-close-s-maxage=2': noStaleAnswer,
  '304-etag-update-response-ETag': {
    section: 'RFC 9111 section 4.3.4',
    sentence:
      'If none of the initial set contains at least one of the same strong validators, then the ' +
      'cache MUST NOT use the new response to update any stored responses.',
    test: 'answers "abcdef" with a 304 that names "ghijkl", and wants the stored answer freshened.',
  },
  'headers-store-Transfer-Encoding': {
    section: 'RFC 9112 section 6.1',
    sentence:
      'If any transfer coding other than chunked is applied to a response’s content, the sender ' +
      'MUST either apply chunked as the final transfer coding or terminate the message by ' +
      'closing the connection.',
    test: 'sends a coding that nobody knows, says keep-alive and leaves the end open for seconds.',
  },
  'conditional-lm-fresh-no-lm': {
    section: 'RFC 9111 section 4.3.2',
    sentence:
      'If a request contains an If-Modified-Since header field and the Last-Modified header ' +
      'field is not present in a stored response, a cache SHOULD use the stored response’s Date ' +
      'field value (or, if no Date field is present, the time that the stored response was ' +
      'received) to evaluate the conditional.',
    test: 'names a time long before the stored Date, and wants a 304.',
  },
  'partial-store-partial-reuse-partial': misdescribedPart,
  'partial-store-partial-reuse-partial-byterange': misdescribedPart,
  'partial-store-partial-reuse-partial-absent': misdescribedPart,
  'partial-store-partial-reuse-partial-suffix': misdescribedPart,
  'partial-store-partial-complete': {
    section: 'RFC 9111 section 3.4',
    sentence:
      'A cache MAY combine these ranges into a single stored response, and reuse that response ' +
      'to satisfy later requests, if they all share the same strong validator and the cache ' +
      'complies with the client requirements in Section 15.3.7.3 of [HTTP].',
    test: 'gives its parts no validator, and wants the missing one to be asked for.',
  },
};
