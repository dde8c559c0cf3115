/** Once before the tests: leftovers go, and the servers are fetched for all workers. */
import { findCompose, findHaproxy } from '../docker/programs.js';
import { addressVariables, lentServer, type ServerKind } from './addresses.js';
import { sweepLeftovers } from './lifetimes.js';
import { findMariadb } from './mariadb.js';
import { rememberMissing, type Wanted } from './missing.js';
import { findPrometheus } from './prometheus.js';
import { findPromtool } from './promtool.js';
import { findRedis } from './redis.js';

const searches: readonly (readonly [Wanted, () => Promise<unknown>])[] = [
  ['redis', findRedis],
  ['mariadb', findMariadb],
  ['promtool', findPromtool],
  ['prometheus', findPrometheus],
  ['haproxy', findHaproxy],
  ['compose', findCompose],
];

const isLent = (kind: Wanted): boolean =>
  kind in addressVariables && lentServer(kind as ServerKind) !== undefined;

/** A server that cannot be had fails the tests that need it, with one sentence, and no others. */
export async function prepareServers(): Promise<void> {
  sweepLeftovers();
  process.once('exit', () => {
    sweepLeftovers('with-own');
  });
  await Promise.all(
    searches.map(async ([kind, find]) => {
      try {
        if (!isLent(kind)) await find();
      } catch (error) {
        const sentence = error instanceof Error ? error.message : 'A server is missing.';
        rememberMissing(kind, sentence);
        process.stderr.write(`${sentence}\n`);
      }
    }),
  );
}
