/** The upstreams by name, each with its origins: who is asked, who is left out, who is retired. */
import type { Clock } from '../clock.js';
import { Failure, OperatorError, describeThrown } from '../errors.js';
import { openBreaker } from '../guards/breaker.js';
import type { Log } from '../log.js';
import type { UpstreamRequest } from '../message.js';
import type { UpstreamReply } from './exchange.js';
import { breakerOptions, verdictOfStatus, verdictOfThrown, type HealthOptions } from './health.js';
import { openOrigin, type Origin, type OriginOptions } from './http.js';
import { openLocal, type LocalOptions, type LocalService } from './local.js';
import { choose, sicknessOf, statsOf } from './members.js';
import type { Member, Upstream, UpstreamStats } from './members.js';
import { authorizationIn, checked, tagged } from './owner-echo.js';

export type { UpstreamStats } from './members.js';

export interface UpstreamOptions extends OriginOptions, LocalOptions, HealthOptions {
  /** `local` is the built-in service; else one or more origins that answer alike. */
  readonly url: 'local' | readonly string[];
  /** True where each answer must repeat for whom it is. */
  readonly ownerEcho: boolean;
}

export interface DirectoryDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly local?: LocalService;
  /** Whose credential it is, in a word that does not give it away. Needed for `ownerEcho`. */
  readonly ownerOf?: (authorization: string | undefined) => string;
}

export interface Directory {
  readonly fetch: (request: UpstreamRequest) => Promise<UpstreamReply>;
  /** Why this upstream cannot be asked now, so that nobody waits in line to learn it. */
  refusal(upstream: string): Failure | undefined;
  /** Hears when the last origin of an upstream falls sick. */
  whenSick(listener: (upstream: string, failure: Failure) => void): void;
  stats(): Readonly<Record<string, UpstreamStats>>;
  /** Takes other settings; origins that stay the same keep their sockets and their health. */
  replace(options: Readonly<Record<string, UpstreamOptions>>): void;
  /** Refuses what is new, waits for what is under way, and ends what is left at the limit. */
  close(deadlineMs: number): Promise<void>;
}

/** Nothing was sent, so another origin may be asked whatever the method. */
const UNSENT: ReadonlySet<string> = new Set(['connect', 'connect_timeout']);

export function openDirectory(
  options: Readonly<Record<string, UpstreamOptions>>,
  deps: DirectoryDeps,
): Directory {
  const { clock, log } = deps;
  let upstreams = new Map<string, Upstream>();
  const retiring = new Set<Origin>();
  const sickListeners: ((upstream: string, failure: Failure) => void)[] = [];
  let closing = false;

  const breakerOf = (name: string, url: string, settings: UpstreamOptions): Member['breaker'] => {
    const breaker = openBreaker(breakerOptions(settings, deps.random), clock);
    breaker.onChange((state, cause) => {
      const fields = { upstream: name, origin: url, cause };
      if (state === 'closed') {
        log.info('upstream.well', fields);
        return;
      }
      log.warn('upstream.sick', fields);
      const upstream = upstreams.get(name);
      const failure = upstream === undefined ? undefined : sicknessOf(upstream);
      if (failure !== undefined) for (const listener of sickListeners) listener(name, failure);
    });
    return breaker;
  };

  const openMember = (
    name: string,
    url: string,
    settings: UpstreamOptions,
    openedWith: string,
  ): Member => {
    if (url === 'local' && deps.local === undefined) {
      throw new OperatorError('An upstream has `url: local`, but no built-in service is running.');
    }
    const origin =
      url === 'local' && deps.local !== undefined
        ? openLocal(deps.local, settings, clock)
        : openOrigin(url, settings, clock);
    return { origin, breaker: breakerOf(name, origin.url, settings), openedWith };
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
        return same ?? openMember(name, url, settings, openedWith);
      });
      const { turn = -1, refused = 0 } = upstreams.get(name) ?? {};
      made.set(name, { members, ownerEcho: settings.ownerEcho, turn, refused });
    }
    const before = upstreams;
    upstreams = made;
    for (const { members } of before.values()) {
      for (const member of members) if (!kept.has(member)) retire(member.origin);
    }
  };

  const ask = async (member: Member, request: UpstreamRequest): Promise<UpstreamReply> => {
    const pass = member.breaker.enter();
    try {
      const reply = await member.origin.fetch(request);
      pass?.done(verdictOfStatus(reply.status));
      return reply;
    } catch (thrown) {
      pass?.done(verdictOfThrown(thrown));
      throw thrown;
    }
  };

  /** One other origin is tried, once, when the first never saw the request. */
  const askOne = async (request: UpstreamRequest, upstream: Upstream): Promise<UpstreamReply> => {
    const first = choose(upstream, undefined);
    if (first === undefined) {
      upstream.refused += 1;
      throw sicknessOf(upstream) ?? new Failure('internal');
    }
    try {
      return await ask(first, request);
    } catch (thrown) {
      if (!(thrown instanceof Failure) || !UNSENT.has(thrown.code)) throw thrown;
      const second = choose(upstream, first);
      if (second === undefined || request.signal?.aborted === true) throw thrown;
      // It was not sent, so this adds nothing to the load and is not held against the retries.
      return ask(second, request);
    }
  };

  replace(options);
  return {
    async fetch(request) {
      if (closing) throw new Failure('draining');
      const upstream = upstreams.get(request.upstream);
      if (upstream === undefined) throw new Failure('internal');
      const owner = upstream.ownerEcho
        ? deps.ownerOf?.(authorizationIn(request.headers))
        : undefined;
      if (owner === undefined) return askOne(request, upstream);
      return checked(await askOne(tagged(request, owner), upstream), owner);
    },
    refusal(name) {
      const upstream = upstreams.get(name);
      const failure = upstream === undefined ? undefined : sicknessOf(upstream);
      if (upstream !== undefined && failure !== undefined) upstream.refused += 1;
      return failure;
    },
    whenSick(listener) {
      sickListeners.push(listener);
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
