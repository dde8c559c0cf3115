/** Settings of Redis, under the names that documents use. */
import { choice, duration, filePath, flag, group, integer, percent } from '../setting.js';
import { setting, text } from '../setting.js';
import { tier } from './redis-tier.js';
import { cluster, sentinel } from './redis-places.js';
import { address, password } from './store-words.js';

const hostName = () => text('a host name or an IP address', /^[A-Za-z0-9_.:-]+$/, 255);
/** A wait of nothing would be no wait, so it begins above zero. */
const wait = (fallback: string) => duration('1ms', '24h').prefault(fallback);

export const redis = group(
  {
    url: setting(address(['redis://', 'rediss://']).optional(), 'The address of Redis.', {
      address: true,
      aliases: ['REDIS_URL'],
    }),
    host: setting(hostName().optional(), 'The host of Redis, in place of an address.', {
      aliases: ['REDIS_HOST'],
    }),
    port: setting(integer(1, 65_535).prefault(6379), 'Its port.', { aliases: ['REDIS_PORT'] }),
    db: setting(integer(0, 10_000).prefault(0), 'The number of the database.', {
      aliases: ['REDIS_DB'],
    }),
    username: setting(text('a user name', /^[^\s\0]+$/, 256).optional(), 'The user (ACL).', {
      aliases: ['REDIS_USERNAME'],
    }),
    password: setting(password().optional(), 'The password.', {
      secret: true,
      aliases: ['REDIS_PASSWORD'],
    }),
    readonly: setting(flag().prefault(false), 'Read stored answers, and write none.', {
      aliases: ['REDIS_READONLY'],
    }),
    sentinel,
    cluster,
    tls: group(
      {
        enabled: setting(
          flag().prefault(false),
          'TLS towards the servers without a rediss:// address and without the settings below.',
        ),
        ca: setting(
          filePath().optional(),
          'A file of certificates (PEM) to trust in place of those that Node knows.',
        ),
        serverName: setting(
          hostName().optional(),
          'The name that the certificate must bear, where it is not the host.',
        ),
      },
      'TLS towards Redis: on with a rediss:// address, or when one of these is set.',
    ),
    prefix: setting(
      text('letters, digits and -_.: of at most 64', /^[A-Za-z0-9_.:-]{1,64}$/, 64).prefault(
        'leyden:',
      ),
      'What each of our keys begins with.',
    ),
    tier,
    tracking: setting(
      choice(['auto', 'off']).prefault('auto'),
      'Whether Redis is asked to tell at once what anybody has changed there.',
    ),
    timeout: group(
      {
        handshake: setting(
          wait('1s'),
          'From an open socket to the first command: login, and a proof that Redis answers.',
        ),
        read: setting(wait('50ms'), 'Longest wait for a reply to a read.'),
        write: setting(wait('100ms'), 'Longest wait for a reply to any other command.'),
      },
      'How long Redis may take. Whatever takes longer counts as an error, and life goes on.',
    ),
    breaker: group(
      {
        failures: setting(integer(1, 10_000).prefault(5), 'Failures in a row that open it.'),
        share: setting(percent().prefault('50%'), 'Failures among the calls that open it.'),
        calls: setting(integer(1, 100_000).prefault(20), 'Calls before a share is judged.'),
        window: setting(duration('1s', '10m').prefault('10s'), 'The calls that are judged.'),
        open: setting(wait('1s'), 'How long it stays open before one call asks again.'),
      },
      'When a class of commands (read, write, lock, bus) is left alone for a while.',
    ),
    pool: group(
      {
        min: setting(integer(0, 10_000).prefault(5), 'Connections kept open, lanes included.', {
          aliases: ['REDIS_POOL_MIN_SIZE'],
        }),
        max: setting(integer(2, 10_000).prefault(100), 'Connections at most, lanes included.', {
          aliases: ['REDIS_POOL_MAX_SIZE', 'REDIS_MAX_CONNECTIONS'],
        }),
        lanes: setting(
          integer(1, 64).prefault(4),
          'Connections that cache commands share; the rest are lent one caller at a time.',
        ),
        dedicated: setting(
          integer(1, 1_000).prefault(16),
          'Connections for subscriptions and the like, which stand apart from the most.',
        ),
        wait: setting(wait('1s'), 'Longest wait for a connection of one’s own.'),
        waiters: setting(
          integer(0, 100_000).prefault(1_000),
          'Callers who may wait for one; one more is told at once.',
        ),
        lease: setting(wait('30s'), 'Longest that one caller may hold one.'),
        inFlight: setting(
          integer(1, 1_000_000).prefault(4_096),
          'Commands under way on one connection; one more fails at once.',
        ),
        connectTimeout: setting(wait('5s'), 'Longest wait for a connection to open.', {
          secondsAliases: ['REDIS_POOL_CONNECT_TIMEOUT'],
        }),
        idleTimeout: setting(wait('300s'), 'How long an idle connection is kept.', {
          secondsAliases: ['REDIS_POOL_IDLE_TIMEOUT'],
        }),
        maxLifetime: setting(wait('1800s'), 'How long any connection is kept.', {
          secondsAliases: ['REDIS_POOL_MAX_LIFETIME'],
        }),
        healthInterval: setting(wait('30s'), 'How often idle connections are asked.', {
          secondsAliases: ['REDIS_POOL_HEALTH_CHECK_INTERVAL'],
        }),
      },
      'The shared Redis pool.',
    ),
    journal: group(
      {
        records: setting(
          integer(100, 1_000_000).prefault(10_000),
          'Purges that are kept for nodes that were away. Who missed more drops all it holds.',
        ),
        behind: setting(
          duration('100ms', '1m').prefault('1s'),
          'How far behind a node may be that hears nothing; the journal is read twice as often.',
        ),
        alive: setting(
          duration('1s', '10m').prefault('15s'),
          'A node that has said nothing for so long is waited for no more.',
        ),
        wait: setting(
          duration('10ms', '10m').prefault('5s'),
          'Longest that `wait: cluster` waits for all nodes; then it answers 202.',
        ),
        queue: setting(
          integer(1, 1_000_000).prefault(1_000),
          'Purges that wait while Redis is away; one more, and they become one purge of all.',
        ),
        nodes: setting(integer(2, 10_000).prefault(1_000), 'Nodes at most.'),
      },
      'Purges, told to all nodes in one order.',
    ),
    bus: group(
      {
        messages: setting(
          integer(10, 1_000_000).prefault(5_000),
          'Messages that a node looks at within one second; more are dropped unread.',
        ),
        waiters: setting(
          integer(1, 1_000_000).prefault(10_000),
          'Computations that may wait for another node at once; one more goes on alone.',
        ),
      },
      'What nodes tell each other at once. Whatever is lost here is found in the journal.',
    ),
  },
  'Redis: the shared pool. It is on when it is said where it is, and there is a secret.',
);
