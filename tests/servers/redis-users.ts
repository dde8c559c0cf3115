/** Users of test servers: LEYDEN_TEST_REDIS_ACL leaves what is tested its documented rights. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/settings.js';

export interface RedisUser {
  readonly username: string;
  readonly password: string;
}

/**
 * `exact`: the user as docs/redis.md has it. `any-key`: the same commands on keys and channels of
 * any name, for tests that try a pool with keys of their own.
 */
type Rights = 'exact' | 'any-key';

const PASSWORD = 'of-the-tests';
const DOCUMENTED = /^ACL SETUSER (\S+) on >PASSWORD (resetkeys [^`]*?)\n```/m;

function rights(): Rights | undefined {
  const said = process.env['LEYDEN_TEST_REDIS_ACL'];
  if (said === undefined || said === '') return undefined;
  return said === 'any-key' ? 'any-key' : 'exact';
}

/** The user's name and rights, as the document prints them. */
export function documentedUser(): { readonly username: string; readonly rights: string } {
  const page = readFileSync(join(packageRoot(), 'docs/redis.md'), 'utf8');
  const [, username, printed] = DOCUMENTED.exec(page) ?? [];
  if (username === undefined || printed === undefined) {
    throw new Error('docs/redis.md prints no user that the gateway needs.');
  }
  return { username, rights: printed.replace(/\s+/g, ' ').trim() };
}

/** Whom the gateway, or a pool under test, logs in as; undefined where everybody may do all. */
export function gatewayUser(): RedisUser | undefined {
  if (rights() === undefined) return undefined;
  return { username: documentedUser().username, password: PASSWORD };
}

/** Whom the tests themselves log in as, to look and to break. */
export function helperUser(): RedisUser | undefined {
  return rights() === undefined ? undefined : { username: 'helper', password: PASSWORD };
}

/** Lines of a server's configuration. */
export function userLines(): readonly string[] {
  const gateway = gatewayUser();
  const helper = helperUser();
  if (gateway === undefined || helper === undefined) return [];
  const { rights: printed } = documentedUser();
  const granted = rights() === 'exact' ? printed : printed.replace(/([~&])\S+/g, '$1*');
  return [
    'user default off',
    `user ${helper.username} on >${helper.password} ~* &* +@all`,
    `user ${gateway.username} on >${gateway.password} ${granted}`,
  ];
}

/** The address of a server of ours, for a gateway's settings. */
export function redisUrl(port: number, user = gatewayUser()): string {
  const login = user === undefined ? '' : `${user.username}:${user.password}@`;
  return `redis://${login}127.0.0.1:${port}`;
}

/** What the gateway's user asked for and was refused, in the words of `ACL LOG`. */
export function deniedIn(log: unknown): readonly string[] {
  const { username } = documentedUser();
  return (log as readonly (readonly unknown[])[]).flatMap((entry) => {
    const field = (name: string): string => String(entry[entry.indexOf(name) + 1]);
    if (field('username') !== username || field('reason') === 'auth') return [];
    return [`${field('reason')} ${field('object')}`];
  });
}
