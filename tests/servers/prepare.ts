/** Once before the tests: leftovers go, and the servers are fetched for all workers. */
import { lentServer } from './addresses.js';
import { sweepLeftovers } from './lifetimes.js';
import { findMariadb } from './mariadb.js';
import { rememberMissing } from './missing.js';
import { findPromtool } from './promtool.js';
import { findRedis } from './redis.js';

const searches = [
  ['redis', findRedis],
  ['mariadb', findMariadb],
  ['promtool', findPromtool],
] as const;

/** A server that cannot be had fails the tests that need it, with one sentence, and no others. */
export async function prepareServers(): Promise<void> {
  sweepLeftovers();
  process.once('exit', () => {
    sweepLeftovers('with-own');
  });
  await Promise.all(
    searches.map(async ([kind, find]) => {
      try {
        if (kind === 'promtool' || lentServer(kind) === undefined) await find();
      } catch (error) {
        const sentence = error instanceof Error ? error.message : 'A server is missing.';
        rememberMissing(kind, sentence);
        process.stderr.write(`${sentence}\n`);
      }
    }),
  );
}
