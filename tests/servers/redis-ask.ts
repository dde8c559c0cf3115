/** One question to one Redis server, over a connection of its own. */
import { Redis } from 'ioredis';
import { helperUser } from './redis-users.js';

export async function askRedis(
  port: number,
  [name = '', ...words]: readonly string[],
  password?: string,
): Promise<unknown> {
  const client = new Redis({
    ...{ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: null, disconnectTimeout: 1 },
    ...{ enableReadyCheck: false, disableClientInfo: true, protocol: 2, replyMapping: 'legacy' },
    ...(password === undefined ? helperUser() : { username: 'default', password }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(name, ...words);
  } finally {
    client.disconnect();
  }
}

/** Asks again until it is so; the limit of the test ends it. */
export async function answered(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
