/** Settings that hold for every database pool and every HTTP pool, under the names of documents. */
import { duration, group, integer, setting, size } from '../setting.js';
const seconds = (fallback) => duration('0s', '24h').prefault(fallback);
export const database = group({
    pool: group({
        min: setting(integer(0, 10_000).prefault(0), 'Connections kept open.', {
            aliases: ['DB_POOL_MIN_SIZE'],
        }),
        max: setting(integer(0, 10_000).prefault(0), 'Connections of one pool at most, whatever its own numbers say; 0 sets no such limit.', { aliases: ['DB_POOL_MAX_SIZE'] }),
        connectTimeout: setting(seconds('60s'), 'Longest wait for a connection to open.', {
            secondsAliases: ['DB_POOL_CONNECT_TIMEOUT'],
        }),
        idleTimeout: setting(seconds('1200s'), 'How long an idle connection is kept.', {
            secondsAliases: ['DB_POOL_IDLE_TIMEOUT'],
        }),
        maxLifetime: setting(seconds('1800s'), 'How long any connection is kept.', {
            secondsAliases: ['DB_POOL_MAX_LIFETIME'],
        }),
        healthInterval: setting(seconds('60s'), 'How often idle connections are asked.', {
            secondsAliases: ['DB_POOL_HEALTH_CHECK_INTERVAL'],
        }),
    }, 'What holds for every database pool.'),
}, 'All databases.', { notYet: true });
export const http = group({
    pool: group({
        min: setting(integer(0, 10_000).prefault(0), 'Connections kept open.', {
            aliases: ['HTTP_POOL_MIN_SIZE'],
            notYet: true,
        }),
        max: setting(integer(1, 10_000).prefault(100), 'Connections to one origin at most, where the upstream does not say its own number.', { aliases: ['HTTP_POOL_MAX_SIZE'] }),
        connectTimeout: setting(duration('1ms', '10m').prefault('1s'), 'Longest wait for a connection, where the upstream does not say its own.', { secondsAliases: ['HTTP_POOL_CONNECT_TIMEOUT'] }),
        idleTimeout: setting(duration('1ms', '24h').prefault('4s'), 'How long an idle connection is kept; many servers close theirs after 5s.', { secondsAliases: ['HTTP_POOL_IDLE_TIMEOUT'] }),
        queued: setting(integer(0, 1_000_000).prefault(1_000), 'Requests that may wait for a connection to one origin; one more gets 503.'),
        wait: setting(duration('1ms', '1h').prefault('10s'), 'Longest wait for a connection to become free.'),
        maxLifetime: setting(seconds('1800s'), 'How long any connection is kept.', {
            secondsAliases: ['HTTP_POOL_MAX_LIFETIME'],
            notYet: true,
        }),
        healthInterval: setting(seconds('60s'), 'How often idle connections are asked.', {
            secondsAliases: ['HTTP_POOL_HEALTH_CHECK_INTERVAL'],
            notYet: true,
        }),
    }, 'What holds for the pool of every HTTP upstream.'),
    headBytesMax: setting(size('1KiB', '1MiB').prefault('64KiB'), 'Bytes in the head of an answer; more is 502.'),
    headersMax: setting(integer(1, 2_000).prefault(200), 'Header fields in an answer; one more is 502.'),
    interimMax: setting(integer(0, 1_000).prefault(32), 'Interim answers (102, 103) before the real one; one more is 502.'),
}, 'All HTTP upstreams.');
//# sourceMappingURL=pools.js.map