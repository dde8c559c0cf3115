/** Settings of the two listeners, the operator, the secret, the log and the metrics. */
import { isIP } from 'node:net';
import * as z from 'zod';
import {
  choice,
  duration,
  either,
  flag,
  group,
  integer,
  list,
  setting,
  size,
  text,
  textThat,
} from '../setting.js';
import { isWeakToken } from '../weak.js';

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;

function isHost(value: string): boolean {
  return isIP(value) !== 0 || HOST_NAME.test(value);
}

/** A public name with an optional port, as a Host field carries it. */
function isPublicHost(value: string): boolean {
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(value);
  if (parts === null) return false;
  const name = (parts[1] ?? '').replace(/^\[|\]$/g, '');
  return isHost(name) && Number(parts[2] ?? 0) <= 65_535;
}

function isNetwork(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

export const host = () => textThat('a host name or an IP address', isHost, 255);
const port = () => integer(0, 65_535);

/** More processes than this would divide memory and budgets into crumbs. */
const WORKERS_MAX = 64;

const workers = () =>
  either(
    [z.literal('auto'), integer(1, WORKERS_MAX)],
    `auto, or a whole number from 1 to ${WORKERS_MAX}`,
  );

export const server = group(
  {
    host: setting(host().prefault('127.0.0.1'), 'Where the public listener binds.', {
      aliases: ['HOST'],
    }),
    port: setting(port().prefault(8080), 'Its port; 0 picks a free one and prints it.', {
      aliases: ['PORT'],
    }),
    hosts: setting(
      list(
        textThat('a host name, with a port if it is not the default one', isPublicHost, 262),
        'a list of host names',
      ).prefault([]),
      'The public host names. Empty means the addresses of the listener and localhost and, when ' +
        'bound off loopback, any well-formed Host.',
    ),
    workers: setting(
      workers().prefault(1),
      'Processes that share the port: 1 does everything in one, auto takes one for each core. ' +
        'Memory, budgets and pools are divided among them.',
      { kind: 'integer' },
    ),
    headersTimeout: setting(
      duration('100ms', '1h').prefault('10s'),
      'Longest wait for the whole head of a request.',
    ),
    requestTimeout: setting(
      duration('100ms', '24h').prefault('60s'),
      'Longest wait for the whole request.',
    ),
    keepAliveTimeout: setting(
      duration('0s', '1h').prefault('65s'),
      'How long an idle client connection is kept.',
    ),
    connectionsMax: setting(
      integer(1, 1_000_000).prefault(10_000),
      'Client connections at once; one more is closed at once.',
    ),
    headerBytesMax: setting(
      size('1KiB', '1MiB').prefault('16KiB'),
      'Bytes in the head of a request; more is 431.',
    ),
    headersMax: setting(
      integer(1, 2_000).prefault(100),
      'Header fields in a request; one more is 431.',
    ),
    checkInterval: setting(
      duration('50ms', '1m').prefault('1s'),
      'How often the time limits of requests are checked.',
    ),
    drain: setting(
      duration('0s', '1h').prefault('30s'),
      'How long requests in flight may take to finish at shutdown.',
    ),
    preStop: setting(
      duration('0s', '10m').prefault('0s'),
      'Time between saying not-ready and closing the listener, for load balancers that ' +
        'look rarely.',
    ),
    writeTimeout: setting(
      duration('100ms', '24h').prefault('60s'),
      'Longest time without progress while an answer is written to a client.',
    ),
    linger: setting(
      duration('0s', '1m').prefault('2s'),
      'How long a refused connection is still read, so that its client sees the answer.',
    ),
    lingerBytesMax: setting(
      size('0', '1GiB').prefault('1MiB'),
      'How much of a refused connection is still read.',
    ),
    requestBodyMax: setting(
      size('0', '1TiB').prefault('1GiB'),
      'Bytes in the body of a request that is passed through; more is 413.',
    ),
    trustedProxies: setting(
      list(
        textThat('an address or a network such as 10.0.0.0/8', isNetwork, 64),
        'a list of networks',
      ).prefault([]),
      'Addresses of proxies in front whose Forwarded fields are believed.',
    ),
  },
  'The public listener.',
);

const token = () =>
  textThat(
    '32 characters or more of A-Z a-z 0-9 . _ ~ + / = and -, and made at random',
    (value) => /^[A-Za-z0-9._~+/-]{32,}=*$/.test(value) && !isWeakToken(value),
    4096,
  );

export const operations = group(
  {
    host: setting(host().prefault('127.0.0.1'), 'Where the operations listener binds.', {
      aliases: ['OPERATIONS_HOST'],
    }),
    port: setting(port().prefault(9090), 'Its port; 0 picks a free one and prints it.', {
      aliases: ['OPERATIONS_PORT'],
    }),
    token: setting(
      token().optional(),
      'The operator token, sent as Authorization: Bearer. Without one, one is made at start and ' +
        'printed once when a terminal watches, else acts are disabled.',
      { secret: true, aliases: ['OPERATIONS_TOKEN'] },
    ),
  },
  'The operations listener.',
);

const oneSecret = () =>
  textThat(
    '32 bytes or more, and made at random',
    (value) => Buffer.byteLength(value) >= 32 && !isWeakToken(value),
    4096,
  );

export const secret = setting(
  either(
    [oneSecret().transform((value) => [value]), z.array(oneSecret()).min(1).max(16)],
    '32 bytes or more, made at random, or a list of such; the first signs, all verify',
  ).default([]),
  'Keys the HMAC of credentials and the MAC of stored entries. The first of a list signs, all ' +
    'verify. Without one a random one is made at start.',
  { secret: true, kind: 'texts' },
);

export const log = group(
  {
    level: setting(
      choice(['error', 'warn', 'info', 'debug']).prefault('info'),
      'The least important lines that are written.',
      { aliases: ['LOG_LEVEL'], live: true },
    ),
    access: setting(flag().prefault(true), 'One line for every answered request.'),
    operations: setting(
      flag().prefault(true),
      'One line for every answered request of the operations listener, too.',
    ),
    batchLinesMax: setting(
      integer(1, 1_000_000).prefault(10_000),
      'Access lines that may wait to be written; more are dropped and counted.',
    ),
    flush: setting(
      duration('1ms', '1m').prefault('100ms'),
      'How often waiting access lines are written.',
    ),
  },
  'The log: one JSON object a line.',
);

export const metrics = group(
  {
    public: setting(
      choice(['auto', 'never']).prefault('auto'),
      'auto: /metrics is on the public listener too while that is bound to loopback and the ' +
        'request did not come through a proxy.',
    ),
  },
  'The numbers.',
);

export const credentials = setting(
  list(
    text('the name of a request field', /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 128).transform((name) =>
      name.toLowerCase(),
    ),
    'a list of names of request fields',
    100,
  ).prefault(['authorization', 'proxy-authorization', 'x-api-key']),
  'Fields that carry credentials; a request with one that the key does not cover goes ' +
    'past the cache.',
  { live: true },
);
