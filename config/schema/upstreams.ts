/** Settings of the upstreams: each has a name, one or more origins, time limits and a pool. */
import * as z from 'zod';
import { duration, either, filePath, flag, group, integer, percent } from '../setting.js';
import { setting, text, textThat } from '../setting.js';

const NAME_MUST = 'a name of letters, digits, - and _ that begins with a letter, 64 at most';
export const upstreamName = () => text(NAME_MUST, /^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 64);

/** Scheme, host and port, and nothing else: paths and passwords belong elsewhere. */
export function isOrigin(value: string): boolean {
  if (!/^https?:\/\/[^\s/?#@\\]+\/?$/.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.hostname !== '' && url.username === '' && url.password === '' && url.pathname === '/';
}

export const origin = () =>
  textThat(
    'an origin such as http://10.0.0.7:8000, without a path, a user or a password',
    isOrigin,
    512,
  ).transform((value) => new URL(value).origin);

const upstream = setting(
  z.strictObject({
    url: setting(
      either(
        [z.literal('local'), origin().transform((one) => [one]), z.array(origin()).min(1).max(64)],
        '`local`, an origin such as http://10.0.0.7:8000 without path, user or ' +
          'password, or a list of origins',
      ),
      '`local` is the built-in energy service; else one or more origins. Of several the one with ' +
        'the least in flight is asked, and a sick one is left out and asked again later.',
      { kind: 'texts' },
    ),
    ca: setting(
      filePath().optional(),
      'A file of certificates (PEM) that https:// origins are checked against.',
    ),
    connections: setting(
      integer(1, 10_000).optional(),
      'Connections to one origin at most; http.pool.max where it is not said.',
    ),
    timeout: group(
      {
        connect: setting(
          duration('1ms', '10m').optional(),
          'Longest wait for a connection; http.pool.connectTimeout where it is not said.',
        ),
        head: setting(
          duration('1ms', '24h').optional(),
          'Longest wait for the head of an answer: 60s, and 120s for `local`, where it ' +
            'is not said.',
        ),
        idle: setting(
          duration('1ms', '24h').prefault('30s'),
          'Longest time without a byte while a body arrives.',
        ),
      },
      'The time limits.',
    ),
    sick: group(
      {
        failures: setting(
          integer(1, 1_000).prefault(5),
          'Failures in a row after which an origin is left out.',
        ),
        share: setting(
          percent().prefault('50%'),
          'The part of the questions of a window that must fail, 5xx answers counted, for an ' +
            'origin to be left out.',
        ),
        calls: setting(
          integer(1, 1_000_000).prefault(20),
          'Fewer questions than this within a window prove nothing about the share.',
        ),
        within: setting(duration('100ms', '1h').prefault('10s'), 'The window.'),
        retry: setting(
          duration('10ms', '1h').prefault('5s'),
          'How long it is left out before one question is let through to it again.',
        ),
      },
      'When an origin counts as sick. 4xx answers never count against it.',
    ),
    retries: setting(
      percent().prefault('10%'),
      'The part of all questions that may be asked a second time: a GET or HEAD whose ' +
        'socket died before a byte came back. One a second is always allowed.',
    ),
    ownerEcho: setting(
      flag().prefault(false),
      'Send X-Owner-Tag, which tells callers apart without naming them, and refuse with 502 each ' +
        'answer that does not repeat it.',
    ),
  }),
  'One upstream.',
);

export const upstreams = setting(
  z.record(upstreamName(), upstream).prefault({}),
  'The upstreams by name.',
  { live: true, must: 'a map from names to upstreams' },
);
