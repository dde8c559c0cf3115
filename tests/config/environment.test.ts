/** The environment: names of settings, names of the documents, files of secrets, `${NAME}`. */
import { describe, expect, it } from '@jest/globals';
import { variablesOf } from '../../config/environment.js';
import { schema } from '../../config/schema/all.js';
import { leaves } from '../../config/walk.js';
import { besideIt, load, LONG_TOKEN, OTHER_TOKEN, refusals } from './kit.js';

describe('the environment', () => {
  it('beats the file, under the name of the setting', () => {
    const settings = load('server: { drain: 5s, port: 1 }\nlog: { level: warn }\n', {
      LEYDEN_SERVER_DRAIN: '7s',
      LEYDEN_SERVER_HEADER_BYTES_MAX: '32KiB',
      LEYDEN_LOG_ACCESS: 'no',
      LEYDEN_CREDENTIALS: 'Authorization, x-key',
      LEYDEN_REDIS_POOL_MAX: '50',
      LEYDEN_LEASE: '20s',
    });
    expect(settings.server).toMatchObject({ drain: 7_000, headerBytesMax: 32_768, port: 1 });
    expect(settings.log).toMatchObject({ access: false, level: 'warn' });
    expect(settings.credentials).toEqual(['authorization', 'x-key']);
    expect(settings.redis.pool.max).toBe(50);
    expect(settings.lease).toBe(20_000);
  });

  it('knows the names that the documents use', () => {
    const settings = load('', {
      HOST: '127.0.0.2',
      PORT: '0',
      OPERATIONS_HOST: '::1',
      OPERATIONS_PORT: '9191',
      OPERATIONS_TOKEN: LONG_TOKEN,
      LOG_LEVEL: 'debug',
      REDIS_HOST: 'redis',
      REDIS_PORT: '6380',
      REDIS_DB: '2',
      REDIS_PASSWORD: 'p',
      REDIS_READONLY: 'true',
      REDIS_POOL_CONNECT_TIMEOUT: '30',
      REDIS_POOL_MAX_LIFETIME: '1800',
      REDIS_POOL_MAX_SIZE: '20',
      PG_DSN: 'postgresql+asyncpg://u:p@postgres:5432/postgres',
      POSTGRES_POOL_SIZE: '30',
      POSTGRES_MAX_OVERFLOW: '5',
      POSTGRES_POOL_TIMEOUT: '10',
      POSTGRES_POOL_RECYCLE: '900',
      POSTGRES_POOL_PRE_PING: 'False',
      MYSQL_DATABASE_URL: 'mysql+mysqlconnector://u:p@mysql/db',
      MYSQL_POOL_SIZE: '11',
      MYSQL_MAX_OVERFLOW: '6',
      NEO4J_URI: 'bolt://neo4j:7687',
      NEO4J_USER: 'me',
      NEO4J_PASSWORD: 'p',
      NEO4J_POOL_SIZE: '12',
      NEO4J_CONNECTION_ACQUISITION_TIMEOUT: '15',
      HTTP_POOL_MAX_SIZE: '40',
      HTTP_POOL_CONNECT_TIMEOUT: '10',
      DB_POOL_MAX_LIFETIME: '1700',
      DB_POOL_CONNECT_TIMEOUT: '60s',
      ENERGY_AGENTS: '64',
      ENERGY_SEED: '7',
      ENERGY_WORKERS: '2',
      ENERGY_STATE: '/var/lib/energy.json',
    });
    expect(settings).toMatchObject({
      server: { host: '127.0.0.2', port: 0 },
      operations: { host: '::1', port: 9191, token: LONG_TOKEN },
      log: { level: 'debug' },
      redis: {
        ...{ host: 'redis', port: 6380, db: 2, password: 'p', readonly: true },
        pool: { max: 20, connectTimeout: 30_000, maxLifetime: 1_800_000 },
      },
      postgres: {
        url: 'postgresql://u:p@postgres:5432/postgres',
        pool: { size: 30, maxOverflow: 5, timeout: 10_000, recycle: 900_000, prePing: false },
      },
      mysql: { url: 'mysql://u:p@mysql/db', pool: { size: 11, maxOverflow: 6 } },
      neo4j: { url: 'bolt://neo4j:7687', user: 'me', pool: { size: 12, timeout: 15_000 } },
      http: { pool: { max: 40, connectTimeout: 10_000 } },
      database: { pool: { maxLifetime: 1_700_000, connectTimeout: 60_000 } },
      energy: { agents: 64, seed: 7, workers: 2, state: '/var/lib/energy.json' },
    });
  });

  it('says more of an upstream that the file names, and fills in what pools have in common', () => {
    const file = 'upstreams: { big-reports: { url: "http://a:1" }, energy: { url: local } }\n';
    const { upstreams } = load(file, {
      LEYDEN_UPSTREAMS_BIG_REPORTS_URL: 'http://b:2,https://C:443/',
      LEYDEN_UPSTREAMS_BIG_REPORTS_TIMEOUT_HEAD: '30s',
      LEYDEN_UPSTREAMS_ENERGY_URL: 'http://energy:8000',
      HTTP_POOL_MAX_SIZE: '7',
    });
    expect(upstreams['big-reports']).toMatchObject({
      url: ['http://b:2', 'https://c'],
      connections: 7,
      timeout: { connect: 1_000, head: 30_000, idle: 30_000 },
    });
    expect(upstreams['energy']).toMatchObject({
      url: ['http://energy:8000'],
      timeout: { head: 60_000 },
    });
  });

  it('has no variable that is two settings', () => {
    const names = leaves(schema, () => ['energy'])
      .flatMap(variablesOf)
      .map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('leaves alone what is not about settings', () => {
    const settings = load('', {
      LEYDEN_TEST_REDIS_URL: 'redis://127.0.0.1:1',
      LEYDEN_CONFIG: '/elsewhere.yaml',
      // What Kubernetes sets for services that are called leyden and redis.
      LEYDEN_SERVICE_HOST: '10.0.0.1',
      LEYDEN_SERVICE_PORT_HTTP: '8080',
      LEYDEN_PORT: 'tcp://10.0.0.1:8080',
      LEYDEN_PORT_8080_TCP_ADDR: '10.0.0.1',
      REDIS_PORT: 'tcp://10.0.0.2:6379',
    });
    expect(settings.redis.port).toBe(6379);
  });
});

describe('a mistake in the environment is refused by name', () => {
  it.each([
    [
      { LEYDEN_SERVR_PORT: '1' },
      'LEYDEN_SERVR_PORT: this is not a setting; did you mean LEYDEN_SERVER_PORT?',
    ],
    [{ LEYDEN_BANANA: '1' }, 'LEYDEN_BANANA: this is not a setting.'],
    [{ PORT: '' }, 'PORT: is set but empty; give it a value or unset it.'],
    [{ PORT: '80a' }, 'PORT: server.port must be a whole number from 0 to 65535.'],
    [{ REDIS_READONLY: 'maybe' }, 'REDIS_READONLY: redis.readonly must be true or false.'],
    [
      { PORT: '1', LEYDEN_SERVER_PORT: '2' },
      'PORT: says something else than LEYDEN_SERVER_PORT, and both are server.port.',
    ],
    [
      { REDIS_POOL_CONNECT_TIMEOUT: '30', LEYDEN_REDIS_POOL_CONNECT_TIMEOUT: '31s' },
      'REDIS_POOL_CONNECT_TIMEOUT: says something else than ' +
        'LEYDEN_REDIS_POOL_CONNECT_TIMEOUT, and both are redis.pool.connectTimeout.',
    ],
    [
      { OPERATIONS_TOKEN_FILE: '/nowhere' },
      'OPERATIONS_TOKEN_FILE: names a file that cannot be read.',
    ],
    [{ REDIS_PASSWORD_FILE: '/' }, 'REDIS_PASSWORD_FILE: names a file that cannot be read.'],
  ])('%j', (environment, sentence) => {
    expect(refusals('', environment as Record<string, string>)).toEqual([sentence]);
  });

  it('but two names that say the same are good', () => {
    const { redis, server } = load('', {
      REDIS_POOL_CONNECT_TIMEOUT: '30',
      LEYDEN_REDIS_POOL_CONNECT_TIMEOUT: '0.5m',
      PORT: '81',
      LEYDEN_SERVER_PORT: '81',
    });
    expect([redis.pool.connectTimeout, server.port]).toEqual([30_000, 81]);
  });
});

describe('secrets', () => {
  it('come from files that *_FILE names, without the line break at the end', () => {
    const { operations, secret, redis } = load('', {
      OPERATIONS_TOKEN_FILE: besideIt('token', `${LONG_TOKEN}\n`),
      LEYDEN_SECRET_FILE: besideIt('secret', `${LONG_TOKEN}\n${OTHER_TOKEN}\n`),
      REDIS_PASSWORD_FILE: besideIt('password', 'pass word'),
    });
    expect(operations.token).toBe(LONG_TOKEN);
    expect(secret).toEqual([LONG_TOKEN, OTHER_TOKEN]);
    expect(redis.password).toBe('pass word');
    expect(refusals('', { LEYDEN_SECRET_FILE: besideIt('empty', '\n') })).toEqual([
      'LEYDEN_SECRET_FILE: names an empty file.',
    ]);
  });
});

describe('${NAME} in the file', () => {
  it('is filled in, and becomes what the setting is', () => {
    const text = [
      'server:',
      '  port: ${MY_PORT}',
      '  hosts: "${A}.example.org,${B}"',
      'log: { access: "${FLAG}" }',
      'operations: { token: "${TOKEN}" }',
      'upstreams: { u: { url: ["http://${A}:1"] } }',
      'routes: [{ path: /a, upstream: u, request: { set: { x-note: "$${A} costs $5" } } }]',
    ].join('\n');
    const settings = load(text, {
      ...{ MY_PORT: '81', A: 'alpha', B: 'beta', FLAG: 'off' },
      TOKEN: '84629510374628501937465829104637',
    });
    expect(settings.server).toMatchObject({ port: 81, hosts: ['alpha.example.org', 'beta'] });
    expect(settings.log.access).toBe(false);
    expect(settings.operations.token).toBe('84629510374628501937465829104637');
    expect(settings.upstreams['u']?.url).toEqual(['http://alpha:1']);
    expect(settings.routes[0]?.request.set).toEqual({ 'x-note': '${A} costs $5' });
  });

  it.each([
    ['${MISSING}', 'server.host needs the variable MISSING, which is not set.'],
    ['${EMPTY}', 'server.host needs the variable EMPTY, which is empty.'],
    ['${toString}', 'server.host needs the variable toString, which is not set.'],
    ['${A', 'server.host holds ${ without the name of a variable and }.'],
    ['${A:-b}', 'server.host holds ${ without the name of a variable and }.'],
    ['${}', 'server.host holds ${ without the name of a variable and }.'],
  ])('is refused with its line when it cannot be: %s', (value, sentence) => {
    expect(refusals(`server:\n  host: "${value}"\n`, { EMPTY: '' })).toEqual([
      `FILE:2:9: ${sentence}`,
    ]);
  });

  it('cannot bring in settings of its own', () => {
    const found = refusals('server:\n  host: "${EVIL}"\n', { EVIL: 'x\n  port: 1' });
    expect(found).toEqual(['FILE:2:9: server.host must be a host name or an IP address.']);
  });
});
