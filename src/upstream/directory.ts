/** The upstreams by name, each with its origins: who is asked, who is left out, who is retired. */
import type { Clock } from '../clock.js';
import { Failure, OperatorError, describeThrown, type FailureCode } from '../errors.js';
import type { Log } from '../log.js';
import type { UpstreamRequest } from '../message.js';
import type { UpstreamReply } from './exchange.js';
import { Health, type HealthOptions, type Verdict } from './health.js';
import { openOrigin, type Origin, type OriginOptions, type OriginStats } from './http.js';
import { openLocal, type LocalOptions, type LocalService } from './local.js';

export interface UpstreamOptions extends OriginOptions, LocalOptions, HealthOptions {
  /** `local` is the built-in service; else one or more origins that answer alike. */
  readonly url: 'local' | readonly string[];
}

export interface DirectoryDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly local?: LocalService;
}

export interface UpstreamStats {
  readonly inUse: number;
  readonly max: number;
  readonly waiting: number;
  readonly waited: number;
  readonly waitedMs: number;
  readonly open: number;
  readonly opened: number;
  readonly retries: number;
  readonly abandoned: number;
  /** Origins that are left out now. */
  readonly sick: number;
  readonly errors: Readonly<Partial<Record<FailureCode, number>>>;
  readonly origins: readonly (OriginStats & { readonly sick: boolean })[];
}

export interface Directory {
  readonly fetch: (request: UpstreamRequest) => Promise<UpstreamReply>;
  stats(): Readonly<Record<string, UpstreamStats>>;
  /** Takes other settings; origins that stay the same keep their sockets and their health. */
  replace(options: Readonly<Record<string, UpstreamOptions>>): void;
  /** Refuses what is new, waits for what is under way, and ends what is left at the limit. */
  close(deadlineMs: number): Promise<void>;
}

interface Member {
  readonly origin: Origin;
  readonly health: Health;
  /** What the origin was opened with; it is kept while this stays the same. */
  readonly openedWith: string;
}

interface Upstream {
  readonly members: readonly Member[];
  /** Where the next tie is broken. */
  turn: number;
}

const UNREACHABLE: ReadonlySet<FailureCode> = new Set([
  'connect',
  'connect_timeout',
  'head_timeout',
]);

/** Nothing was sent, so another origin may be asked whatever the method. */
const UNSENT: ReadonlySet<FailureCode> = new Set(['connect', 'connect_timeout']);

function verdictOf(failure: Failure): Verdict {
  return UNREACHABLE.has(failure.code) ? 'unreachable' : 'nothing';
}

/** An origin whose rest is over comes first; then the least busy, ties in turn. */
function choose(upstream: Upstream, nowMs: number, not: Member | undefined): Member | undefined {
  const { members } = upstream;
  let best: Member | undefined;
  let bestLoad = Infinity;
  upstream.turn = (upstream.turn + 1) % Math.max(members.length, 1);
  for (let step = 0; step < members.length; step += 1) {
    const member = members[(upstream.turn + step) % members.length];
    if (member === undefined || member === not) continue;
    const standing = member.health.standing(nowMs);
    if (standing === 'due') return member;
    const load = member.origin.load();
    if (standing === 'sick' || load >= bestLoad) continue;
    best = member;
    bestLoad = load;
  }
  return best;
}

function allSick(upstream: Upstream, nowMs: number): Failure {
  const ends = upstream.members.map((member) => member.health.untilMs() ?? nowMs);
  const leftMs = Math.min(...ends) - nowMs;
  return new Failure('upstream_sick', { retryAfterS: Math.max(1, Math.ceil(leftMs / 1000)) });
}

function statsOf(upstream: Upstream): UpstreamStats {
  const origins = upstream.members.map(({ origin, health }) => ({
    ...origin.stats(),
    sick: health.untilMs() !== undefined,
  }));
  const sum = (pick: (stats: OriginStats) => number): number =>
    origins.reduce((total, stats) => total + pick(stats), 0);
  const errors: Partial<Record<FailureCode, number>> = {};
  for (const stats of origins) {
    for (const [code, count] of Object.entries(stats.errors)) {
      errors[code as FailureCode] = (errors[code as FailureCode] ?? 0) + count;
    }
  }
  return {
    inUse: sum((stats) => stats.inUse),
    max: sum((stats) => stats.max),
    waiting: sum((stats) => stats.waiting),
    waited: sum((stats) => stats.waited),
    waitedMs: sum((stats) => stats.waitedMs),
    open: sum((stats) => stats.open),
    opened: sum((stats) => stats.opened),
    retries: sum((stats) => stats.retries),
    abandoned: sum((stats) => stats.abandoned),
    sick: origins.filter((stats) => stats.sick).length,
    errors,
    origins,
  };
}

export function openDirectory(
  options: Readonly<Record<string, UpstreamOptions>>,
  deps: DirectoryDeps,
): Directory {
  const { clock, log } = deps;
  let upstreams = new Map<string, Upstream>();
  const retiring = new Set<Origin>();
  let closing = false;

  const openMember = (url: string, settings: UpstreamOptions, openedWith: string): Member => {
    if (url === 'local' && deps.local === undefined) {
      throw new OperatorError('An upstream has `url: local`, but no built-in service is running.');
    }
    const origin =
      url === 'local' && deps.local !== undefined
        ? openLocal(deps.local, settings, clock)
        : openOrigin(url, settings, clock);
    return { origin, health: new Health(settings, deps.random), openedWith };
  };

  const retire = (origin: Origin): void => {
    retiring.add(origin);
    origin
      .retire()
      .catch((thrown: unknown) => {
        log.warn('upstream.retire', describeThrown(thrown));
      })
      .finally(() => retiring.delete(origin));
  };

  const replace = (next: Readonly<Record<string, UpstreamOptions>>): void => {
    const made = new Map<string, Upstream>();
    const kept = new Set<Member>();
    for (const [name, settings] of Object.entries(next)) {
      const old = upstreams.get(name)?.members ?? [];
      const members = (settings.url === 'local' ? ['local'] : settings.url).map((url) => {
        const openedWith = JSON.stringify({ ...settings, url });
        const same = old.find((member) => member.openedWith === openedWith && !kept.has(member));
        if (same !== undefined) kept.add(same);
        return same ?? openMember(url, settings, openedWith);
      });
      made.set(name, { members, turn: upstreams.get(name)?.turn ?? -1 });
    }
    const before = upstreams;
    upstreams = made;
    for (const { members } of before.values()) {
      for (const member of members) if (!kept.has(member)) retire(member.origin);
    }
  };

  const learn = (name: string, member: Member, verdict: Verdict, probe: boolean): void => {
    if (!member.health.learn(verdict, probe, clock.nowMs())) return;
    const fields = { upstream: name, origin: member.origin.url };
    if (verdict === 'answered') log.info('upstream.well', fields);
    else log.warn('upstream.sick', fields);
  };

  const ask = async (
    name: string,
    member: Member,
    request: UpstreamRequest,
  ): Promise<UpstreamReply> => {
    const probe = member.health.probe(clock.nowMs());
    try {
      const reply = await member.origin.fetch(request);
      learn(name, member, 'answered', probe);
      return reply;
    } catch (thrown) {
      learn(name, member, thrown instanceof Failure ? verdictOf(thrown) : 'nothing', probe);
      throw thrown;
    }
  };

  /** One other origin is tried, once, when the first never saw the request. */
  const askOne = async (request: UpstreamRequest, upstream: Upstream): Promise<UpstreamReply> => {
    const first = choose(upstream, clock.nowMs(), undefined);
    if (first === undefined) throw allSick(upstream, clock.nowMs());
    try {
      return await ask(request.upstream, first, request);
    } catch (thrown) {
      if (!(thrown instanceof Failure) || !UNSENT.has(thrown.code)) throw thrown;
      const second = choose(upstream, clock.nowMs(), first);
      if (second === undefined || request.signal?.aborted === true) throw thrown;
      return ask(request.upstream, second, request);
    }
  };

  replace(options);
  return {
    async fetch(request) {
      if (closing) throw new Failure('draining');
      const upstream = upstreams.get(request.upstream);
      if (upstream === undefined) throw new Failure('internal');
      return askOne(request, upstream);
    },
    stats: () =>
      Object.fromEntries([...upstreams].map(([name, upstream]) => [name, statsOf(upstream)])),
    replace,
    async close(deadlineMs) {
      closing = true;
      const origins = [...retiring];
      for (const { members } of upstreams.values()) {
        origins.push(...members.map((member) => member.origin));
      }
      await new Promise<void>((resolve) => {
        const limit = clock.after(deadlineMs, resolve);
        const retired = origins.map((origin) => origin.retire());
        void Promise.allSettled(retired).then(() => {
          limit.cancel();
          resolve();
        });
      });
      await Promise.allSettled(origins.map((origin) => origin.destroy()));
    },
  };
}
