/** Settings of the databases, under the names that documents use. */
import { flag, group, integer, setting, text, textThat } from '../setting.js';
import { address, password, seconds } from './store-words.js';

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
