/** Secrets: what is too weak is refused, and no sentence and no dump repeats one. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskSettings, settingsDiff } from '../../config/settings.js';
import { isWeakToken } from '../../config/weak.js';
import { load, LONG_TOKEN, OTHER_TOKEN, refusals } from './kit.js';

const TOKEN_MUST =
  'operations.token must be 32 characters or more of A-Z a-z 0-9 . _ ~ + / = and -, and ' +
  'made at random.';

describe('a weak secret is refused', () => {
  it.each([
    LONG_TOKEN.slice(1),
    'changeme-changeme-changeme-changeme',
    'change_me_please_change_me_please_now',
    'my-very-own-password-for-the-gateway',
    'a'.repeat(40),
    'abcabcabcabcabcabcabcabcabcabcabcabc',
    'qwqqwwqwqwwwqqwqwqqqwwqwqwwqqwwwqwqq',
    '0123456789abcdefghijklmnopqrstuvwxyz',
    `${LONG_TOKEN} `,
    `${LONG_TOKEN}"`,
  ])('as the operator token: %j', (token) => {
    expect(refusals('', { OPERATIONS_TOKEN: token })).toEqual([`OPERATIONS_TOKEN: ${TOKEN_MUST}`]);
  });

  it('as the secret, and as one of several', () => {
    const must =
      '32 bytes or more, made at random, or a list of such; the first signs, all verify.';
    expect(refusals('', { LEYDEN_SECRET: LONG_TOKEN.slice(1) })).toEqual([
      `LEYDEN_SECRET: secret must be ${must}`,
    ]);
    expect(refusals(`secret:\n  - ${LONG_TOKEN}\n  - short\n`)).toEqual([
      'FILE:3:5: secret[1] must be 32 bytes or more, and made at random.',
    ]);
    expect(load(`secret: ${LONG_TOKEN}`).secret).toEqual([LONG_TOKEN]);
  });

  it('but hexadecimal and base64 from a random source are good', () => {
    const hex = fc.uint8Array({ minLength: 16, maxLength: 32 }).map((b) => Buffer.from(b));
    fc.assert(
      fc.property(hex, (bytes) => {
        // What `openssl rand -hex` never gives in a lifetime.
        fc.pre(new Set(bytes).size > 12);
        expect(refusals('', { OPERATIONS_TOKEN: bytes.toString('hex') })).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

/** Looks like nothing that the sentences are made of. */
const canary = fc
  .stringMatching(/^[A-Za-z0-9]{30,40}$/)
  .map((text) => `Cn${text}Ry`)
  .filter((text) => !/(.)\1{3}/.test(text));

/** Every way in which a canary may come in; each settings text is bad in one more place. */
const WAYS: readonly ((secret: string) => readonly [string, Record<string, string>])[] = [
  (secret) => [`operations: { token: "${secret}!" }`, {}],
  (secret) => [`secret: [${secret.slice(0, 20)}, 7]`, {}],
  (secret) => [`redis: { url: "redis://u:${secret}@h h" }`, {}],
  (secret) => [`redis: { password: "${secret}\\n" }`, {}],
  (secret) => [`redis: { port: "${secret}" }`, {}],
  (secret) => [`upstreams: { a: { url: "http://u:${secret}@h" } }`, {}],
  (secret) => [`server: { ${secret}: 1 }`, {}],
  (secret) => [`server: { a: ${secret} } }\n- ${secret}`, {}],
  (secret) => [`server: { a: 1, a: ${secret} }`, {}],
  (secret) => [`server: *${secret}`, {}],
  (secret) => [`server: !${secret} 1`, {}],
  (secret) => ['server: { drain: "${CANARY}" }', { CANARY: secret }],
  (secret) => ['x: "${CANARY}"', { CANARY: secret }],
  (secret) => ['', { OPERATIONS_TOKEN: `${secret} ` }],
  (secret) => ['', { REDIS_URL: `http://u:${secret}@h` }],
  (secret) => ['', { REDIS_PORT: secret }],
  (secret) => ['', { PORT: secret, LEYDEN_SERVER_PORT: `${secret}2` }],
  (secret) => ['', { LEYDEN_SECRET_FILE: `/nowhere/${secret}` }],
  (secret) => ['', { LEYDEN_BANANA: secret }],
];

it('case 114: no secret is ever repeated by the sentence that refuses it', () => {
  fc.assert(
    fc.property(canary, fc.constantFrom(...WAYS), (secret, way) => {
      const found = refusals(...way(secret));
      expect(found.length).toBeGreaterThan(0);
      expect(found.join('\n')).not.toContain(secret.slice(0, 20));
    }),
    { numRuns: 120 },
  );
});

const full = (secret: string, port = 1): readonly [string, Record<string, string>] => [
  `
server: { port: ${port} }
secret: [${secret}, ${OTHER_TOKEN}]
upstreams: { u: { url: "http://h:1" } }
routes: [{ path: /a, upstream: u, request: { set: { x-api-key: "${secret}" } } }]
redis: { url: "rediss://u:${secret}@h:1/0?password=${secret}" }
mysql: { url: "mysql://root:p@${secret}/@h/db" }
neo4j: { password: "${secret}" }
`,
  { OPERATIONS_TOKEN: secret, REDIS_PASSWORD: secret, PG_DSN: `postgres://u:${secret}@h/db` },
];

it('case 114: no secret stands in a dump of the settings or in what changed', () => {
  fc.assert(
    fc.property(canary, canary, (secret, other) => {
      fc.pre(!isWeakToken(secret) && !isWeakToken(other));
      const [before, after] = [load(...full(secret)), load(...full(other, 2))];
      const said = JSON.stringify([maskSettings(before), settingsDiff(before, after)]);
      expect(said).not.toContain(secret);
      expect(said).not.toContain(other);
    }),
    { numRuns: 20 },
  );
  expect(maskSettings(load(...full(LONG_TOKEN)))).toMatchObject({
    secret: '***',
    operations: { token: '***' },
    redis: { url: 'rediss://***@h:1/0?password=***', password: '***' },
    postgres: { url: 'postgres://***@h/db' },
    mysql: { url: 'mysql://***@h/db' },
    neo4j: { password: '***', user: 'neo4j' },
    routes: [{ request: { set: { 'x-api-key': '***' } } }],
  });
});
