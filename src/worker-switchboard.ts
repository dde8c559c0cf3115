/** The switchboard: the crew of workers, the order of their acts, and who computes for all. */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import { openActs, type Acts } from './server/workers/acts.js';
import { openCrew } from './server/workers/crew.js';
import type { Child, Crew, Member } from './server/workers/crew-words.js';
import { openLeads, type Leads } from './server/workers/leads.js';
import type { LineHandlers } from './server/workers/line.js';
import type {
  Acted,
  AskPrimary,
  LeadWord,
  Neighbour,
  PlacedAct,
  ToPrimary,
  ToWorker,
} from './server/workers/words.js';

export interface SwitchboardOptions {
  readonly workers: number;
  readonly answersMax: number;
  /** Longest that anybody waits until all workers have a purge. */
  readonly ackMs: number;
}

export interface SwitchboardTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly begin: (member: Member, isFirst: boolean) => unknown;
  readonly ended: (member: Member) => void;
}

export interface Switchboard {
  readonly crew: Crew;
  readonly acts: Acts;
  readonly leads: Leads;
  tellAll(word: ToWorker): void;
}

const LEADS_MAX = 10_000;
const WAITERS_MAX = 10_000;
const ASKS_MAX = 10_000;
/** Whoever hangs for longer is ended; until then what it has not heard yet waits on its line. */
const ACT_MS = 600_000;

const CREW = {
  ...{ restartFirstMs: 100, restartMaxMs: 30_000, steadyMs: 60_000 },
  ...{ loopEnds: 3, loopMs: 60_000, startMs: 60_000, asksMax: ASKS_MAX },
};

/** A worker of node:cluster, as far as the crew needs to know it. */
function forked(): Child {
  const worker = cluster.fork();
  // What cannot be sent any more is told by its end.
  worker.on('error', () => undefined);
  return {
    pid: worker.process.pid ?? 0,
    send: (message) => worker.send(message as object),
    onMessage(listener) {
      worker.on('message', listener);
    },
    onExit(listener) {
      worker.on('exit', listener);
      // One that could not be made has no end of its own.
      worker.on('error', () => {
        if (worker.process.pid === undefined) listener(null, null);
      });
    },
    kill(signal) {
      // Without a process behind it, node would send the signal to our own process group.
      if (worker.process.pid !== undefined) worker.process.kill(signal);
    },
  };
}

/**
 * Each connection goes to the next worker in turn. Left to the kernel, a few kept connections all
 * end up with whoever was awake first (see docs/workers.md for what was measured).
 */
function setUp(): void {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker-main.js', import.meta.url)),
    args: [],
    serialization: 'advanced',
  });
}

function neighbourOf(member: Member | undefined): Neighbour | undefined {
  if (member?.state !== 'ready' || member.place === undefined) return undefined;
  return { worker: member.worker, door: member.place.door };
}

export function openSwitchboard(options: SwitchboardOptions, tools: SwitchboardTools): Switchboard {
  const { clock, log } = tools;
  /** Those that hear of every act. */
  const joined = new Map<number, Member>();
  const leads = openLeads(
    { leadsMax: LEADS_MAX, waitersMax: WAITERS_MAX, holdersMax: options.answersMax },
    {
      tell(worker, family, how, code) {
        const word: ToWorker = { kind: 'landed', family, how, code };
        crew.find(worker)?.line.tell(word);
      },
    },
  );
  const acts = openActs(
    { waitMs: options.ackMs, askMs: ACT_MS },
    {
      clock,
      workers: () => [...joined.keys()],
      isGone: (worker) => !joined.has(worker),
      ask: async (worker, placed: PlacedAct, waitMs) => {
        const member = joined.get(worker);
        if (member === undefined) throw new Error('The worker is gone.');
        try {
          return (await member.line.ask({ kind: 'act', placed }, waitMs)) as Acted;
        } catch (thrown) {
          // What it has not been told to forget it would give out: it must not go on with that.
          crew.replace(member);
          throw thrown;
        }
      },
    },
  );
  const holderFor = (worker: number, family: string): Neighbour | undefined => {
    const holder = leads.holder(worker, family);
    return holder === undefined ? undefined : neighbourOf(crew.find(holder));
  };
  const asked = (member: Member, word: AskPrimary): unknown => {
    const { worker } = member;
    switch (word.kind) {
      case 'where':
        return holderFor(worker, word.family);
      case 'lead': {
        const kind = leads.ask(worker, word.family);
        const answer: LeadWord =
          kind === 'lead' ? { kind, holder: holderFor(worker, word.family) } : { kind };
        return answer;
      }
      case 'act':
        return acts.begin(word.act, { worker, nth: word.nth }).reached();
      case 'join':
        joined.set(worker, member);
        return acts.seq();
      case 'neighbours':
        return crew
          .ready()
          .filter((one) => one !== member)
          .flatMap((one) => neighbourOf(one) ?? []);
    }
  };
  const told = ({ worker }: Member, word: ToPrimary): void => {
    if (word.kind === 'kept') leads.kept(worker, word.family);
    else if (word.kind === 'released') leads.release(worker, word.family, word.how, word.code);
    else if (word.kind === 'left') leads.leave(worker, word.family);
  };
  const handlersOf = (member: Member): LineHandlers => ({
    onTold: (word) => {
      told(member, word as ToPrimary);
    },
    onAsked: (word) => asked(member, word as AskPrimary),
  });
  setUp();
  const crew = openCrew(
    { ...CREW, size: options.workers },
    {
      ...{ clock, log, begin: tools.begin, handlersOf, fork: forked },
      ended(member) {
        joined.delete(member.worker);
        leads.gone(member.worker);
        tools.ended(member);
      },
    },
  );
  return {
    ...{ crew, acts, leads },
    tellAll(word) {
      for (const { line } of crew.members()) line.tell(word);
    },
  };
}
