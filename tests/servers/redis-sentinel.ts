/** A real master with replicas and the sentinels that watch them, all on loopback. */
import { startRedis, type RedisServer } from './redis.js';
import { answered, askRedis } from './redis-ask.js';

export interface SentinelSetOptions {
  readonly replicas?: number;
  readonly sentinels?: number;
  /** The servers' own, not the sentinels'. */
  readonly password?: string;
  readonly sentinelPassword?: string;
}

export interface SentinelSet {
  /** What the sentinels call the master. */
  readonly name: string;
  /** The first was the master at the start. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** Who leads, by the word of one sentinel. */
  masterPort(sentinel?: number): Promise<number>;
  stop(): Promise<void>;
}

const NAME = 'leyden';
/** Longer than a busy machine pauses, else a master that is well would be deposed. */
const DOWN_AFTER_MS = 1000;
const FAILOVER_MS = 5000;

export async function startSentinelSet(options: SentinelSetOptions = {}): Promise<SentinelSet> {
  const { replicas = 2, sentinels = 3, password, sentinelPassword } = options;
  const own = password === undefined ? {} : { password };
  const auth = password === undefined ? [] : [`masterauth ${password}`];
  const running: RedisServer[] = [];
  const keep = async (starting: Promise<RedisServer>): Promise<RedisServer> => {
    const server = await starting;
    running.push(server);
    return server;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  };
  try {
    const master = await keep(startRedis({ persistence: 'none', ...own, configuration: auth }));
    const configuration = [
      ...auth,
      `replicaof 127.0.0.1 ${master.port}`,
      'repl-diskless-sync-delay 0',
    ];
    const followers = await Promise.all(
      Array.from({ length: replicas }, () =>
        keep(startRedis({ persistence: 'none', ...own, configuration })),
      ),
    );
    const watchers = await Promise.all(
      Array.from({ length: sentinels }, () =>
        keep(
          startRedis({
            programArguments: ['--sentinel'],
            configuration: sentinelLines(master.port, sentinels, options),
            ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
          }),
        ),
      ),
    );
    const ask = (sentinel: number, ...words: string[]): Promise<string[]> =>
      askRedis(watchers[sentinel]?.port ?? 0, ['sentinel', ...words], sentinelPassword) as never;
    for (let at = 0; at < sentinels; at += 1) {
      // Until they know each other and the replicas, they cannot choose a new master.
      await answered(async () => {
        const said = await ask(at, 'master', NAME);
        const count = (field: string): number => Number(said[said.indexOf(field) + 1]);
        return count('num-slaves') === replicas && count('num-other-sentinels') === sentinels - 1;
      });
    }
    return {
      name: NAME,
      servers: [master, ...followers],
      sentinels: watchers,
      async masterPort(sentinel = 0) {
        return Number((await ask(sentinel, 'get-master-addr-by-name', NAME))[1]);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sentinelLines(
  masterPort: number,
  sentinels: number,
  { password, sentinelPassword }: SentinelSetOptions,
): readonly string[] {
  return [
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${Math.floor(sentinels / 2) + 1}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} ${FAILOVER_MS}`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
    ...(sentinelPassword === undefined ? [] : [`sentinel sentinel-pass ${sentinelPassword}`]),
  ];
}
