/** Redis: what its answers cost beside those from memory, how it is shared, and when it hangs. */
import { createRequire } from 'node:module';
import { redisBlackhole } from './redis-blackhole.js';
import { redisGateway } from './redis-gateway.js';
import { startBenchRedis } from './redis-server.js';
import { redisWays } from './redis-ways.js';

const parts: Readonly<Record<string, (port: number) => Promise<string>>> = {
  ways: redisWays,
  hits: redisGateway,
  blackhole: redisBlackhole,
};

function versionOf(name: string): string {
  const load = createRequire(import.meta.url);
  return `${name} ${(load(`${name}/package.json`) as { version: string }).version}`;
}

/** The parts that are named, or all. */
export async function redis(args: readonly string[]): Promise<void> {
  const server = await startBenchRedis();
  const libraries = ['ioredis', 'generic-pool'].map(versionOf).join(', ');
  process.stdout.write(`Redis ${server.version}, ${libraries}\n\n`);
  try {
    for (const [name, part] of Object.entries(parts)) {
      if (args.length > 0 && !args.includes(name)) continue;
      process.stdout.write(`${await part(server.port)}\n\n`);
    }
  } finally {
    await server.stop();
  }
}
