/** Settings of Redis, of the databases and of the HTTP pool, under the names that documents use. */
import { duration, filePath, flag, group, integer, percent } from '../setting.js';
import { setting, text, textThat } from '../setting.js';
import { tier } from './redis-tier.js';
import { sentinel } from './redis-places.js';

/** An address with one of the schemes; it may carry a user and a password. */
function address(schemes: readonly string[]) {
  return textThat(`an address that begins with ${schemes.join(' or ')}`, (value) => {
    if (!schemes.some((scheme) => value.startsWith(scheme))) return false;
    return URL.canParse(value) && !/\s/.test(value);
  });
}

const password = () => text('a text without line breaks', /^[^\r\n\0]+$/, 4096);
const hostName = () => text('a host name or an IP address', /^[A-Za-z0-9_.:-]+$/, 255);
/** A wait of nothing would be no wait, so it begins above zero. */
const wait = (fallback: string) => duration('1ms', '24h').prefault(fallback);
const seconds = (fallback: string) => duration('0s', '24h').prefault(fallback);

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
  'Redis: the shared pool. It is on when url, host or sentinel.addresses is set, and a secret.',
);

/** The five numbers of a pool as SQLAlchemy names them. */
function sqlPool(engine: string, most: number, overflow: number, title: string) {
  return group(
    {
      size: setting(integer(1, 10_000).prefault(most), 'Connections of the pool.', {
        aliases: [`${engine}_POOL_SIZE`],
      }),
      maxOverflow: setting(integer(0, 10_000).prefault(overflow), 'Connections beyond its size.', {
        aliases: [`${engine}_MAX_OVERFLOW`],
      }),
      timeout: setting(seconds('30s'), 'Longest wait for a connection.', {
        secondsAliases: [`${engine}_POOL_TIMEOUT`],
      }),
      recycle: setting(seconds('1800s'), 'How long a connection is kept.', {
        secondsAliases: [`${engine}_POOL_RECYCLE`],
      }),
      prePing: setting(flag().prefault(true), 'Ask a connection before it is lent.', {
        aliases: [`${engine}_POOL_PRE_PING`],
      }),
    },
    title,
  );
}

/** SQLAlchemy names its driver in the scheme (`postgresql+asyncpg://`), which is not for us. */
function sqlAddress(scheme: RegExp, must: string) {
  const accepts = (value: string) => scheme.test(value) && URL.canParse(value) && !/\s/.test(value);
  return textThat(must, accepts).transform((value) => value.replace(/^(\w+)\+\w+:/, '$1:'));
}

export const postgres = group(
  {
    url: setting(
      sqlAddress(
        /^postgres(?:ql)?(?:\+\w+)?:\/\//,
        'an address that begins with postgresql://',
      ).optional(),
      'The DSN.',
      {
        address: true,
        aliases: ['PG_DSN'],
      },
    ),
    pool: sqlPool('POSTGRES', 20, 10, 'The PostgreSQL pool.'),
  },
  'PostgreSQL. It is on when url is set.',
  { notYet: true },
);

export const mysql = group(
  {
    url: setting(
      sqlAddress(
        /^(?:mysql|mariadb)(?:\+\w+)?:\/\//,
        'an address that begins with mysql://',
      ).optional(),
      'The DSN.',
      {
        address: true,
        aliases: ['MYSQL_DATABASE_URL'],
      },
    ),
    pool: sqlPool('MYSQL', 10, 5, 'The MySQL pool.'),
  },
  'MySQL or MariaDB. It is on when url is set.',
  { notYet: true },
);

const BOLT = ['bolt://', 'bolt+s://', 'bolt+ssc://', 'neo4j://', 'neo4j+s://', 'neo4j+ssc://'];

export const neo4j = group(
  {
    url: setting(address(BOLT).optional(), 'The address.', {
      address: true,
      aliases: ['NEO4J_URI'],
    }),
    user: setting(text('a user name', /^[^\s\0]+$/, 256).prefault('neo4j'), 'The user.', {
      aliases: ['NEO4J_USER'],
    }),
    password: setting(password().optional(), 'The password.', {
      secret: true,
      aliases: ['NEO4J_PASSWORD'],
    }),
    pool: group(
      {
        size: setting(integer(1, 10_000).prefault(50), 'Connections of the pool.', {
          aliases: ['NEO4J_POOL_SIZE'],
        }),
        timeout: setting(seconds('30s'), 'Longest wait for a connection.', {
          secondsAliases: ['NEO4J_CONNECTION_ACQUISITION_TIMEOUT'],
        }),
      },
      'The Neo4j pool.',
    ),
  },
  'Neo4j. It is on when url is set.',
  { notYet: true },
);
