/** Settings of Redis, of the databases and of the HTTP pool, under the names that documents use. */
import { duration, flag, group, integer, setting, text, textThat } from '../setting.js';
/** An address with one of the schemes; it may carry a user and a password. */
function address(schemes) {
    return textThat(`an address that begins with ${schemes.join(' or ')}`, (value) => {
        if (!schemes.some((scheme) => value.startsWith(scheme)))
            return false;
        return URL.canParse(value) && !/\s/.test(value);
    });
}
const password = () => text('a text without line breaks', /^[^\r\n\0]+$/, 4096);
const hostName = () => text('a host name or an IP address', /^[A-Za-z0-9_.:-]+$/, 255);
const seconds = (fallback) => duration('0s', '24h').prefault(fallback);
export const redis = group({
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
    pool: group({
        min: setting(integer(0, 10_000).prefault(5), 'Connections kept open.', {
            aliases: ['REDIS_POOL_MIN_SIZE'],
        }),
        max: setting(integer(2, 10_000).prefault(100), 'Connections at most, lanes included.', {
            aliases: ['REDIS_POOL_MAX_SIZE', 'REDIS_MAX_CONNECTIONS'],
        }),
        lanes: setting(integer(1, 64).prefault(4), 'Connections that cache commands share; the rest are lent one caller at a time.'),
        connectTimeout: setting(seconds('5s'), 'Longest wait for a connection to open.', {
            secondsAliases: ['REDIS_POOL_CONNECT_TIMEOUT'],
        }),
        idleTimeout: setting(seconds('300s'), 'How long an idle connection is kept.', {
            secondsAliases: ['REDIS_POOL_IDLE_TIMEOUT'],
        }),
        maxLifetime: setting(seconds('1800s'), 'How long any connection is kept.', {
            secondsAliases: ['REDIS_POOL_MAX_LIFETIME'],
        }),
        healthInterval: setting(seconds('30s'), 'How often idle connections are asked.', {
            secondsAliases: ['REDIS_POOL_HEALTH_CHECK_INTERVAL'],
        }),
    }, 'The shared Redis pool.'),
}, 'Redis: the second tier. It is on when url or host is set.', { notYet: true });
/** The five numbers of a pool as SQLAlchemy names them. */
function sqlPool(engine, most, overflow, title) {
    return group({
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
    }, title);
}
/** SQLAlchemy names its driver in the scheme (`postgresql+asyncpg://`), which is not for us. */
function sqlAddress(scheme, must) {
    const accepts = (value) => scheme.test(value) && URL.canParse(value) && !/\s/.test(value);
    return textThat(must, accepts).transform((value) => value.replace(/^(\w+)\+\w+:/, '$1:'));
}
export const postgres = group({
    url: setting(sqlAddress(/^postgres(?:ql)?(?:\+\w+)?:\/\//, 'an address that begins with postgresql://').optional(), 'The DSN.', {
        address: true,
        aliases: ['PG_DSN'],
    }),
    pool: sqlPool('POSTGRES', 20, 10, 'The PostgreSQL pool.'),
}, 'PostgreSQL. It is on when url is set.', { notYet: true });
export const mysql = group({
    url: setting(sqlAddress(/^(?:mysql|mariadb)(?:\+\w+)?:\/\//, 'an address that begins with mysql://').optional(), 'The DSN.', {
        address: true,
        aliases: ['MYSQL_DATABASE_URL'],
    }),
    pool: sqlPool('MYSQL', 10, 5, 'The MySQL pool.'),
}, 'MySQL or MariaDB. It is on when url is set.', { notYet: true });
const BOLT = ['bolt://', 'bolt+s://', 'bolt+ssc://', 'neo4j://', 'neo4j+s://', 'neo4j+ssc://'];
export const neo4j = group({
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
    pool: group({
        size: setting(integer(1, 10_000).prefault(50), 'Connections of the pool.', {
            aliases: ['NEO4J_POOL_SIZE'],
        }),
        timeout: setting(seconds('30s'), 'Longest wait for a connection.', {
            secondsAliases: ['NEO4J_CONNECTION_ACQUISITION_TIMEOUT'],
        }),
    }, 'The Neo4j pool.'),
}, 'Neo4j. It is on when url is set.', { notYet: true });
//# sourceMappingURL=stores.js.map