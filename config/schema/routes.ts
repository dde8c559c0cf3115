/** Settings of the routes: which request goes where, and how long its answer is kept. */
import * as z from 'zod';
import { patternFault } from '../patterns.js';
import {
  choice,
  duration,
  either,
  flag,
  group,
  list,
  percent,
  setting,
  size,
  text,
  textThat,
} from '../setting.js';

/** RFC 9110 section 5.6.2 token. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Fields that frame a message or belong to one connection (RFC 9110 section 7.6.1). */
const FRAMING = new Set(
  (
    'connection content-length expect host http2-settings keep-alive proxy-connection te ' +
    'trailer transfer-encoding upgrade'
  ).split(' '),
);
/** Fields that have a word of their own in a rule, or that the cache answers by itself. */
const NEVER_KEYED = new Set(
  (
    'authorization proxy-authorization cookie range if-range if-match if-none-match ' +
    'if-modified-since if-unmodified-since prefer'
  ).split(' '),
);

/** What Node parses, without TRACE and CONNECT, which are never passed on. */
const METHODS = (
  'GET HEAD POST PUT PATCH DELETE OPTIONS QUERY ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE ' +
  'MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY PROPFIND PROPPATCH PURGE REBIND REPORT SEARCH SOURCE ' +
  'SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE'
).split(' ');

const fieldName = (must: string, refused: ReadonlySet<string>) =>
  textThat(must, (value) => TOKEN.test(value) && !refused.has(value.toLowerCase()), 128).transform(
    (name) => name.toLowerCase(),
  );

const editedField = () => fieldName('the name of a field that may be edited', FRAMING);
/** RFC 9110 section 5.5: visible characters, spaces and tabs inside. */
const fieldValue = () =>
  text('a field value without line breaks', /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/, 4096);

function edits(title: string) {
  return group(
    {
      set: setting(
        z.record(editedField(), fieldValue()).prefault({}),
        'Fields that are set, whatever came.',
      ),
      remove: setting(
        list(editedField(), 'a list of names of fields').prefault([]),
        'Fields that are removed.',
      ),
    },
    title,
  );
}

const ttl = () => duration('0s', '365d');
const errorClass = () =>
  text(
    'a status or class of errors such as 404 or 5xx, but not 401 and 403',
    /^(?!401|403)(?:[45]xx|[45]\d\d)$/,
  );

/** A lifetime rule. */
const rule = z.strictObject({
  ttl: setting(ttl(), 'How long an answer is fresh.'),
  origin: setting(
    choice(['override', 'default', 'cap']).prefault('override'),
    "What the origin's lifetime may still do: nothing, replace ours, or shorten it. Its private, " +
      'no-store and Set-Cookie always count.',
  ),
  errorTtl: setting(
    either(
      [ttl(), z.record(errorClass(), ttl())],
      'a duration, or a map from statuses and classes to durations such as {404: 60s, 5xx: 10s}',
    ).prefault('0s'),
    'How long an error answer is kept, with its own status; never over a usable good one.',
  ),
  staleWhileRevalidate: setting(
    ttl().prefault('0s'),
    'How long an old answer goes out at once while a new one is computed.',
  ),
  staleIfError: setting(
    ttl().prefault('0s'),
    'How long an old answer goes out when computing a new one fails.',
  ),
  softLimit: setting(
    duration('1ms').optional(),
    'An old answer goes out after this, where staleIfError lets it; the computation goes on.',
  ),
  patience: setting(
    duration('1ms').optional(),
    'Longest wait for the upstream budget before an old answer goes out, or 503.',
  ),
  early: setting(
    choice(['off', 'auto']).prefault('off'),
    'auto: an answer that is asked for is computed again before it gets old.',
  ),
  jitter: setting(
    percent().prefault('0%'),
    'By how much lifetimes differ: 10% makes 27 s to 33 s of 30 s; never more than the origin ' +
      'says.',
  ),
  window: setting(
    either([z.literal('off'), duration('1s', '24h')], '`off`, or a duration from 1s').prefault(
      'off',
    ),
    'An answer is fresh until its window of time ends, in place of ttl; each key has a phase of ' +
      'its own, and the next window is computed ahead where anybody asks.',
  ),
  query: setting(
    either(
      [
        z.enum(['exact', 'sorted']),
        list(
          text('the name of a query field', /^[^\s&=#?\0]+$/, 128),
          'a list of names of query fields',
        ),
      ],
      '`exact`, `sorted`, or a list of names of query fields',
    ).prefault('exact'),
    'Which query fields are keyed and sent: all as they came, all sorted, or the listed ' +
      'ones sorted.',
  ),
  headers: setting(
    list(
      fieldName('the name of a field that may be keyed', new Set([...FRAMING, ...NEVER_KEYED])),
      'a list of names of request fields',
    ).prefault([]),
    'Request fields that are keyed and sent.',
  ),
  cookies: setting(
    either(
      [
        z.enum(['bypass', 'drop']),
        list(text('the name of a cookie', TOKEN, 128), 'a list of names of cookies'),
      ],
      '`bypass`, `drop`, or a list of names of cookies',
    ).prefault('bypass'),
    'A request with a Cookie goes past the cache, or loses it, or is keyed by the listed ones.',
  ),
  authorization: setting(
    choice(['own', 'shared', 'bypass']).prefault('own'),
    'own: a slot for each credential; shared: one for all; bypass: past the cache.',
  ),
  body: setting(
    group(
      {
        maxBytes: setting(size('0', '16MiB').prefault('64KiB'), 'Bytes of a keyed body at most.'),
        json: setting(
          choice(['exact', 'canonical']).prefault('exact'),
          'canonical: bodies of the same JSON value share a key.',
        ),
      },
      'How requests with a body are keyed.',
    ),
    'How QUERY and POST are keyed, where the route lists them.',
  ),
  tags: setting(
    list(
      text('a tag of letters, digits and . _ : / -', /^[A-Za-z0-9._:/-]{1,128}$/),
      'a list of tags',
      64,
    ).prefault([]),
    'Names under which the answers can be purged.',
  ),
  maxBytes: setting(
    size('1', '8GiB').optional(),
    'Bytes of one stored answer; an eighth of memory.maxBytes where it is not said.',
  ),
  abandon: setting(
    flag().prefault(false),
    'true: a computation is cancelled when nobody waits any more.',
  ),
  clientTtl: setting(ttl().prefault('0s'), 'What clients may keep by themselves.'),
});

const route = z.strictObject({
  path: setting(
    z.string().superRefine((value, context) => {
      const fault = patternFault(value);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    }),
    'Exact segments, `*` for one segment, `**` at the end for the rest.',
    { kind: 'text', must: 'a path pattern such as /energy/**' },
  ),
  upstream: setting(
    text('the name of an upstream', /^[A-Za-z][A-Za-z0-9_-]{0,63}$/),
    'Where it goes.',
  ),
  methods: setting(
    either(
      [
        z.literal('any'),
        list(
          choice(METHODS, 'a method in capitals such as GET, and not TRACE or CONNECT'),
          'a list of methods such as GET and POST',
        ).min(1),
      ],
      '`any`, or a list of methods in capitals, of which TRACE and CONNECT are never passed on',
    ).prefault(['GET']),
    'Methods that match; GET implies HEAD. `any` passes all that Node parses but TRACE ' +
      'and CONNECT.',
  ),
  strip: setting(
    text('a path prefix such as /prefix', /^(?:\/[^/?#\\*\s]+)+$/, 2048).optional(),
    'A prefix that is taken off the path before it is sent.',
  ),
  request: edits('Edits of the fields that the upstream sees.'),
  response: edits('Edits of the fields that the client sees.'),
  cache: setting(
    either([z.literal('http'), rule], '`http`, or a lifetime rule with at least a ttl').optional(),
    'How answers are kept: a lifetime rule, or `http`: obey the origin (RFC 9111). Without it ' +
      'the route passes through.',
  ),
  setCookie: setting(
    choice(['allow', 'refuse']).optional(),
    'Under `cache: http`: refuse: an answer that sets a cookie is not kept.',
  ),
  cookies: setting(
    choice(['allow', 'bypass']).optional(),
    'Under `cache: http`: bypass: a request with a Cookie goes past the cache.',
  ),
});

export const routes = setting(
  list(route, 'a list of routes', 5_000).prefault([]),
  'The routes; the first that matches wins, and a path that matches none is 404.',
  { live: true },
);
