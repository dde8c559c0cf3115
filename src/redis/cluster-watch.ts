/** The watch over a Cluster: nodes are asked who has which slots; the newest word holds. */
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import type { ClusterNode, ClusterNodes } from './cluster-nodes.js';
import { readWord, type Ask, type ClusterWord } from './cluster-word.js';
import { kindOf, type FailureKind } from './failure.js';
import { SLOTS } from './key-slot.js';
import { addressText, type Address } from './target.js';

export interface ClusterWatchOptions {
  readonly seeds: readonly Address[];
  readonly askEveryMs: number;
  /** While something is missing it is asked so often; and no more often than the least. */
  readonly hurryMs: number;
  readonly leastMs: number;
  readonly waitMs: number;
  readonly random: () => number;
}

export interface ClusterWatchTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly nodes: ClusterNodes;
  /** Asks one node over a connection that is opened for it and ended after it. */
  readonly askOnce: <T>(address: Address, use: (ask: Ask) => Promise<T>) => Promise<T>;
  /** Somebody else has slots now. */
  readonly moved: () => void;
}

export interface ClusterWatch {
  /** There is reason to doubt what is known. */
  readonly doubt: () => void;
  /** All slots have a master that we reach. */
  isWhole(): boolean;
  /** Why nobody is known for a slot. */
  readonly why: () => FailureKind;
  /** Resolves when the nodes are known, or the first attempt to reach any has failed. */
  readonly known: () => Promise<void>;
  /** Resolves when the first attempt to reach the nodes has ended, either way. */
  readonly tried: () => Promise<void>;
  close(): void;
}

/** How many are asked in one round, of those that we use, and of others. */
const ASKED_MAX = 5;
/** For so long an older word is taken for that of a node that was cut off. */
const OLD_MS = 5000;
/** How long nodes may differ about what has changed. */
const UNREST_MS = 5000;
const JITTER_SHARE = 0.25;

function someOf<T>(all: readonly T[], random: () => number): T[] {
  const left = [...all];
  const some: T[] = [];
  while (left.length > 0 && some.length < ASKED_MAX) {
    some.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return some;
}

export function openClusterWatch(
  options: ClusterWatchOptions,
  { clock, log, nodes, askOnce, moved }: ClusterWatchTools,
): ClusterWatch {
  const { seeds, askEveryMs, hurryMs, leastMs, waitMs, random } = options;
  const asking = new Set<string>();
  let replicas: readonly Address[] = [];
  let epoch = -1;
  /** Since then nobody has said anything newer than what is older than we know. */
  let olderSinceMs: number | undefined;
  let beganMs = -Infinity;
  /** Until then nodes may not all know yet what some have said. */
  let calmMs = -Infinity;
  let timer: Timer | undefined;
  let dueMs = Infinity;
  let lastKind: FailureKind = 'cluster';
  let said = '';
  let closed = false;
  let settle: () => void = () => undefined;
  let introduce: () => void = () => undefined;
  const known = new Promise<void>((resolve) => {
    introduce = resolve;
  });
  const tried = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const isUp = ({ pool }: ClusterNode): boolean => pool.stats().lanesOpen > 0;
  const isWhole = (): boolean => nodes.covered() === SLOTS && nodes.all().every(isUp);
  const say = (word: string, tell: () => void): void => {
    if (word !== said) tell();
    said = word;
  };
  const adopt = (word: ClusterWord): void => {
    epoch = word.epoch;
    replicas = word.replicas;
    const isNews = nodes.adopt(word.ranges);
    const masters = new Set(word.ranges.map(({ master }) => addressText(master))).size;
    const slots = nodes.covered();
    say(`${masters} ${slots}`, () => {
      log[slots === SLOTS ? 'info' : 'warn']('redis_cluster_known', { masters, slots });
    });
    if (isNews) {
      calmMs = clock.nowMs() + UNREST_MS;
      moved();
    }
    introduce();
    Promise.all(nodes.all().map(({ pool }) => pool.tried())).then(settle, settle);
  };
  /**
   * A node that was cut off knows old masters, by a lower number of the configuration. That is
   * believed only when nobody has known better for a while, as after all were reset.
   */
  const heard = (word: ClusterWord): void => {
    if (closed) return;
    if (word.epoch < epoch) {
      const nowMs = clock.nowMs();
      olderSinceMs ??= nowMs;
      if (nowMs - olderSinceMs < OLD_MS) {
        doubt();
        return;
      }
    }
    olderSinceMs = undefined;
    adopt(word);
  };
  const failed = (thrown: unknown): void => {
    lastKind = kindOf(thrown);
  };

  /** One question to one node at a time, however long it takes. */
  const question = async (
    address: Address,
    askIt: () => Promise<ClusterWord>,
  ): Promise<boolean | undefined> => {
    const server = addressText(address);
    if (asking.has(server)) return undefined;
    asking.add(server);
    try {
      heard(await askIt());
      return true;
    } catch (thrown) {
      failed(thrown);
      return false;
    } finally {
      asking.delete(server);
    }
  };
  const strangers = (used: readonly ClusterNode[]): Address[] => {
    const known = new Set(used.map(({ server }) => server));
    const all = [...seeds, ...replicas, ...nodes.all().map(({ address }) => address)];
    const others = new Map(all.map((address) => [addressText(address), address]));
    for (const server of known) others.delete(server);
    return [...others.values()];
  };
  const round = (): void => {
    timer = undefined;
    beganMs = clock.nowMs();
    const used = nodes.all().filter((node) => isUp(node) && node.pool.admits('bus'));
    const questions = someOf(used, random).map(({ address, pool }) => {
      const ask: Ask = (name, args) => pool.call('bus', name, args, { waitMs });
      return question(address, () => readWord(ask, address));
    });
    if (used.length === 0 || !isWhole()) {
      for (const address of someOf(strangers(used), random)) {
        questions.push(question(address, () => askOnce(address, (ask) => readWord(ask, address))));
      }
    }
    Promise.all(questions)
      .then((answers) => {
        // Who is being asked since an earlier round may know it yet.
        if (closed || !answers.every((answer) => answer === false)) return;
        if (used.length === 0) {
          say('unknown', () => {
            log.warn('redis_cluster_unknown', { reason: lastKind });
          });
        }
        if (epoch >= 0) return;
        introduce();
        settle();
      })
      .catch(failed);
    // One without slots stays for a while only: somebody must look when that is over.
    const isSettled = nodes.all().every(({ slots }) => slots > 0);
    const isCalm = isWhole() && isSettled && beganMs >= calmMs;
    plan((isCalm ? askEveryMs : hurryMs) * (1 + JITTER_SHARE * random()));
  };
  const plan = (afterMs: number): void => {
    const atMs = clock.nowMs() + afterMs;
    if (closed || (timer !== undefined && dueMs <= atMs)) return;
    timer?.cancel();
    dueMs = atMs;
    timer = clock.after(afterMs, round);
  };

  const doubt = (): void => {
    calmMs = clock.nowMs() + UNREST_MS;
    plan(Math.max(0, beganMs + leastMs - clock.nowMs()));
  };

  round();
  return {
    doubt,
    isWhole,
    why: () => lastKind,
    known: () => known,
    tried: () => tried,
    close() {
      closed = true;
      timer?.cancel();
      introduce();
      settle();
    },
  };
}
