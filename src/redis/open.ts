/** Opens a connection: connected, greeted and proved to answer in step, or a kind of failure. */
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.js';
import { Connection, type ConnectionLimits, type RedisReply } from './connection.js';
import { kindOf, RedisFailure, type FailureKind } from './failure.js';
import type { ClientMaker } from './target.js';
import { heedStrays } from './stray.js';

export interface OpenOptions extends ConnectionLimits {
  /** For name, socket and TLS. */
  readonly connectMs: number;
  /** From then on, for all that is said before the first command. */
  readonly handshakeMs: number;
}

export type Role = 'master' | 'replica';

export interface Opened {
  readonly connection: Connection;
  readonly role: Role;
}

/** Older and newer servers say `slave` and `replica`; others are asked to write and may refuse. */
export function roleIn(info: RedisReply): Role {
  return Buffer.isBuffer(info) && /^role:(slave|replica)/m.test(info.toString('latin1'))
    ? 'replica'
    : 'master';
}

/** A user without the right to ask takes it for a master until a write is refused. */
export async function askRole(connection: Connection, waitMs: number): Promise<Role> {
  try {
    return roleIn(await connection.call('info', ['replication'], { waitMs }));
  } catch (thrown) {
    if (kindOf(thrown) === 'auth' || kindOf(thrown) === 'rejected') return 'master';
    throw thrown;
  }
}

function cut(client: Redis): void {
  client.disconnect();
  const stream = client.stream as Redis['stream'] | undefined;
  stream?.destroy();
}

/** Resolves when the client is ready. Its own rejection says nothing; its error event does. */
function connect(client: Redis, options: OpenOptions, clock: Clock): Promise<void> {
  const { connectMs, handshakeMs } = options;
  return new Promise((resolve, reject) => {
    let seen: FailureKind | undefined;
    const fail = (kind: FailureKind): void => {
      timer.cancel();
      cut(client);
      reject(new RedisFailure(kind));
    };
    let timer = clock.after(connectMs, () => {
      fail('timeout');
    });
    client.on('error', (thrown) => {
      seen ??= kindOf(thrown);
    });
    client.once('connect', () => {
      timer.cancel();
      timer = clock.after(handshakeMs, () => {
        fail('timeout');
      });
    });
    client.connect().then(
      () => {
        timer.cancel();
        // A refused SELECT, for one, is an event only.
        if (seen === undefined) resolve();
        else fail(seen);
      },
      (thrown: unknown) => {
        fail(seen ?? kindOf(thrown));
      },
    );
  });
}

export async function openConnection(
  make: ClientMaker,
  options: OpenOptions,
  preparations: readonly ((connection: Connection) => Promise<void>)[],
  clock: Clock,
): Promise<Opened> {
  const client = make();
  heedStrays(client);
  await connect(client, options, clock);
  const connection = new Connection(client, options, clock);
  try {
    const waitMs = options.handshakeMs;
    // The ping comes first: what a server says instead of a greeting is then said to us.
    const [, role] = await Promise.all([
      connection.ping(waitMs),
      askRole(connection, waitMs),
      // A name in the server's list of clients is a courtesy, and may be forbidden.
      connection.call('client', ['setname', 'leyden'], { waitMs }).catch(() => undefined),
    ]);
    for (const prepare of preparations) await prepare(connection);
    return { connection, role };
  } catch (thrown) {
    const kind = kindOf(thrown);
    connection.end(kind);
    throw new RedisFailure(kind);
  }
}
