/** Settings of the cache as a whole: memory, waiting, the upstream budget and the lease. */
import { choice, duration, filePath, group, integer, list, percent } from '../setting.js';
import { setting, size, text } from '../setting.js';
import { host } from './server.js';
import { origin } from './upstreams.js';

export const memory = group(
  {
    maxBytes: setting(
      size('1MiB', '64GiB').prefault('100MiB'),
      'Bytes of answers kept in memory. One answer takes at most an eighth of it.',
    ),
    maxEntries: setting(integer(1, 100_000_000).prefault(100_000), 'Answers kept in memory.'),
    compress: setting(
      choice(['auto', 'off']).prefault('auto'),
      'Whether answers under a lifetime rule are kept as gzip where that pays: for callers who ' +
        'take it, and for all while memory is short.',
    ),
    snapshot: group(
      {
        path: setting(
          filePath().optional(),
          'The file; its folder must be there. None set, or no secret: no snapshot.',
        ),
        maxAge: setting(
          duration('1s', '24d').prefault('1h'),
          'An older one is not read; an answer in it never lives longer than it would have.',
        ),
        maxBytes: setting(
          size('64KiB', '64GiB').prefault('1GiB'),
          'Size of the file at most; what does not fit is left out.',
        ),
        wait: setting(
          duration('100ms', '5m').prefault('5s'),
          'Longest time that writing or reading it may take; what is left then is left out.',
        ),
      },
      'Answers that outlive a restart: written at shutdown, the most valuable first, and read at ' +
        'the next start.',
    ),
  },
  'The memory cache.',
);

export const cache = group(
  {
    waitersMax: setting(
      integer(1, 1_000_000).prefault(10_000),
      'Callers that may wait for one answer; one more gets 503.',
    ),
    flightsMax: setting(
      integer(1, 1_000_000).prefault(10_000),
      'Different answers that may be computed at once; one more gets 503.',
    ),
    aliasesMax: setting(
      integer(1, 10_000_000).prefault(50_000),
      'Raw requests whose key is remembered, so that a hit need not compute it.',
    ),
    identitiesMax: setting(
      integer(1, 10_000_000).prefault(10_000),
      'Credentials whose HMAC is remembered.',
    ),
    hitForMiss: setting(
      duration('0s', '24h').prefault('120s'),
      'How long a key whose answer may not be shared lets callers through side by side; 0s: never.',
    ),
  },
  'The ceilings of the cache.',
);

export const budget = group(
  {
    concurrent: setting(
      integer(1, 100_000).prefault(64),
      'Computations that one upstream is asked for at once.',
    ),
    queued: setting(
      integer(0, 1_000_000).prefault(1_000),
      'Computations that may wait for an upstream; one more gets 503, or pushes out the newest ' +
        'of those that no caller waits for.',
    ),
    wait: setting(
      duration('1ms', '1h').prefault('30s'),
      'Longest wait of a computation for its turn; whose turn would come later is refused at once.',
    ),
  },
  'What upstreams are asked to do at once.',
);

export const answers = group(
  {
    max: setting(
      integer(0, 1_000_000).prefault(10_000),
      'Answers that may be promised for later; beyond it `Prefer: respond-async` is not applied.',
    ),
    maxBytes: setting(
      size('64KiB', '64GiB').prefault('32MiB'),
      'Bytes that are held for them. One answer takes at most an eighth of it.',
    ),
    keep: setting(
      duration('1s', '24h').prefault('5m'),
      'How long a promised answer can be fetched once it is there.',
    ),
    waitMax: setting(
      duration('0s', '1h').prefault('60s'),
      'Longest `wait` of `Prefer: respond-async, wait=N`; a longer one counts as this.',
    ),
  },
  'Answers that callers fetch later (`Prefer: respond-async`).',
);

export const ahead = group(
  {
    max: setting(
      integer(0, 10_000_000).prefault(10_000),
      'Answers whose end is watched, so that the next one is computed without a hit; 0: none.',
    ),
    concurrent: setting(
      integer(1, 10_000).prefault(32),
      'Computations of this kind at once, within the budget of each upstream.',
    ),
    cost: setting(
      duration('0s', '1h').prefault('100ms'),
      'What takes less time to compute is left to the hits.',
    ),
    margin: setting(
      percent().prefault('80%'),
      'The part of its cost that a predicted computation must be expected to save: 80% asks for ' +
        'four chances in five that somebody asks within the next lifetime.',
    ),
  },
  'Computing ahead of the end where no hit begins it, for routes with `early: auto` or `window`.',
);

export const warm = group(
  {
    urls: setting(
      list(text('a path or a URL', /^\S+$/, 16_384), 'a list of paths and URLs', 1000).prefault([]),
      'Answers that are computed after each start, one after the other, before anybody asks.',
    ),
    file: setting(
      filePath().optional(),
      'A file with more of them, one in each line; a line that begins with # says nothing.',
    ),
    concurrent: setting(
      integer(1, 10_000).prefault(4),
      'Answers that are warmed at once; callers and refreshes go first all the same.',
    ),
    waiting: setting(
      integer(1, 1_000_000).prefault(10_000),
      'Addresses that may wait to be warmed; an order of more gets 429.',
    ),
    deadline: setting(
      duration('1s', '24d').prefault('1h'),
      'What of an order has not been computed by then is given up.',
    ),
  },
  'Computing answers before anybody asks for them.',
);

export const lease = setting(
  duration('1s', '10m').prefault('10s'),
  'How long one node may compute an answer for the whole fleet before it must renew.',
);

export const energy = group(
  {
    agents: setting(integer(2, 4096).prefault(512), 'Agents of the model.', {
      aliases: ['ENERGY_AGENTS'],
    }),
    seed: setting(
      integer(0, 4_294_967_295).prefault(1),
      'The seed of the state; the same seed gives the same numbers.',
      { aliases: ['ENERGY_SEED'] },
    ),
    state: setting(
      filePath().optional(),
      'A file that the state is loaded from, in place of the seed.',
      { aliases: ['ENERGY_STATE'] },
    ),
    workers: setting(
      integer(0, 256).prefault(0),
      'Worker threads that compute; 0 means one less than there are cores, and at least two.',
      { aliases: ['ENERGY_WORKERS'] },
    ),
    queueMax: setting(
      integer(0, 1_000_000).prefault(1_000),
      'Computations that may wait for a worker; one more gets 503.',
    ),
    jobTimeout: setting(
      duration('100ms', '24h').prefault('80s'),
      'Longest time that one computation may take, once a worker has begun it.',
    ),
    host: setting(
      host().prefault('127.0.0.1'),
      'Where the energy service binds when it runs alone.',
      { aliases: ['ENERGY_HOST'] },
    ),
    port: setting(
      integer(0, 65_535).prefault(8091),
      'Its port then; 0 picks a free one and prints it.',
      { aliases: ['ENERGY_PORT'] },
    ),
    notify: setting(
      list(origin(), 'a list of origins such as http://10.0.0.5:9090', 64).prefault([]),
      'Operations listeners of the gateways that must forget answers when the state of a ' +
        'service that runs alone changes; operations.token opens them.',
      { aliases: ['ENERGY_NOTIFY'] },
    ),
  },
  'The energy service, built in or alone.',
);
