/** The primary: starts the workers, keeps what they share, and answers the operator for all. */
import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/settings.js';
import { systemClock, type Clock } from './clock.js';
import { describeThrown, OperatorError } from './errors.js';
import { furnish, type Interior } from './interior.js';
import { keepingMs } from './kept.js';
import { UncleanEnd } from './lifecycle.js';
import { makeToken, OPERATIONS_DRAIN_MS, urlOf } from './listeners.js';
import type { Log } from './log.js';
import { openLog } from './open-log.js';
import { CannotStart } from './server/workers/crew.js';
import type { Member } from './server/workers/crew-words.js';
import type { ActUnderWay } from './server/workers/acts.js';
import * as slices from './slices.js';
import { announce, closeRooms, greet, type Gateway, type StartOptions } from './starting.js';
import { openEnergyDoor } from './worker-energy.js';
import { openFront, publicPlace, type Front } from './worker-front.js';
import { publicPort } from './worker-port.js';
import { houseShare, workersOf } from './worker-share.js';
import type { Begin } from './worker-start.js';
import { openSwitchboard, type Switchboard } from './worker-switchboard.js';
import { openTotals, type Totals } from './worker-totals.js';

/** Who hangs for so long is ended; its callers have given up, and another can take its place. */
const HUNG_MS = 60_000;
const ACK_MS = 2000;
const APPLY_MS = 10_000;
const TOTALS = { waitMs: 1000, lateMs: 600_000 };
const BEAT_MS = 1000;
/** Beyond what a worker may take to drain, it may take this to end. */
const END_GRACE_MS = 3000;
const SECRET_BYTES = 32;

const madeName = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** What the primary holds in its hands. */
export interface Primary {
  readonly options: StartOptions;
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** Of no traffic: the energy service, and the rules that orders are judged by. */
  readonly interior: Interior;
  readonly board: Switchboard;
  readonly totals: Totals;
  readonly port: number;
  readonly insideToken: string;
  readonly isDraining: () => boolean;
}

/** The log of this process, whose level is that of all. */
function loudFor(log: Log, board: () => Switchboard): Log {
  return {
    ...log,
    setLevel(level) {
      log.setLevel(level);
      board().tellAll({ kind: 'level', level });
    },
  };
}

/** Each second: count, look who hangs, and let others go on where one does. */
function watchCrew({ board, totals, clock, log, settings }: Primary) {
  const passedOn = new WeakSet<Member>();
  return clock.every(BEAT_MS, () => {
    void totals.gather();
    for (const member of totals.missing()) {
      const { worker, pid } = member;
      const missingMs = totals.missingForMs(member);
      if (missingMs >= settings().lease && !passedOn.has(member)) {
        passedOn.add(member);
        log.warn('worker_silent', { worker, pid, missing_ms: Math.round(missingMs) });
        board.leads.gone(worker);
      }
      if (missingMs < HUNG_MS) continue;
      log.error('worker_hung', { worker, pid });
      board.crew.replace(member);
    }
  });
}

/** All have them, or whoever cannot take them makes room for one that begins with them. */
function applyEverywhere({ board, log }: Primary, settings: Settings): void {
  for (const member of board.crew.members()) {
    member.line.ask({ kind: 'apply', settings }, APPLY_MS).catch((thrown: unknown) => {
      // One that ended meanwhile is replaced anyway.
      if (member.state === 'ended') return;
      log.error('settings_not_applied', { worker: member.worker, ...describeThrown(thrown) });
      board.crew.replace(member);
    });
  }
}

/** What is the same for every worker of this run. */
type Common = Pick<
  Begin,
  'version' | 'port' | 'insideToken' | 'journal' | 'secret' | 'workers' | 'energyUrl'
>;

interface Opening {
  readonly begin: Common;
  readonly primaryDoor: () => string;
  readonly settings: () => Settings;
  readonly level: () => Begin['level'];
  readonly energyVersion: () => number;
}

function beginOf({ begin, primaryDoor, settings, level, energyVersion }: Opening) {
  return ({ worker, slot }: Member, isFirst: boolean): Begin => ({
    ...{ ...begin, worker, slot, isFirst, primaryDoor: primaryDoor() },
    ...{ settings: settings(), level: level(), energyVersion: energyVersion() },
  });
}

/** What changes while it runs. */
interface State {
  settings: Settings;
  draining: boolean;
  /** The newest purge that began here: the energy service waits for it. */
  last: ActUnderWay | undefined;
}

/** One state for all workers, behind a door of its own; undefined while no route asks it. */
async function energyFor(state: State, parts: Pick<Primary, 'options' | 'clock' | 'log'>, at: At) {
  const { energy } = at.interior;
  if (energy === undefined) return undefined;
  const { options, clock, log } = parts;
  return await openEnergyDoor({
    ...{ settings: state.settings, version: options.version, token: at.insideToken },
    ...{ energy, clock, log, isDraining: () => state.draining },
    async settled() {
      await state.last?.reached();
    },
  });
}

type At = Pick<Primary, 'interior' | 'insideToken'>;

interface Prepared {
  readonly primary: Primary;
  readonly state: State;
  readonly front: Front;
  readonly madeToken: string | undefined;
  readonly closeAll: (isSound: boolean) => Promise<void>;
}

/** Everything but the workers, and their switchboard. */
async function prepare(options: StartOptions): Promise<Prepared> {
  const { clock = systemClock, version, settings } = options;
  const state: State = { settings, draining: false, last: undefined };
  const own = openLog(slices.logSlice(settings, options.logSink), clock);
  const log = loudFor(own, () => board);
  const port = await publicPort(settings);
  const interior = furnish(houseShare(settings), clock, log);
  interior.rooms.spread = {
    tell: (act) => (state.last = board.acts.begin(act)),
  };
  const insideToken = madeName();
  const door = await energyFor(state, { options, clock, log }, { interior, insideToken });
  const opening: Opening = {
    begin: {
      ...{ version, port, insideToken, journal: madeName(), secret: madeName() },
      ...{ workers: workersOf(settings), energyUrl: door && urlOf(door) },
    },
    primaryDoor: () => front.door.path,
    settings: () => state.settings,
    level: () => log.level(),
    energyVersion: () => interior.energy?.version() ?? 1,
  };
  const totals: Totals = openTotals(TOTALS, {
    clock,
    ready: () => board.crew.ready(),
    sightsWanted: () => front.dashboard.stats().open > 0,
  });
  const board: Switchboard = openSwitchboard(
    { workers: opening.begin.workers, answersMax: settings.memory.maxEntries, ackMs: ACK_MS },
    {
      ...{ clock, log, begin: beginOf(opening) },
      ended(member) {
        totals.ended(member);
      },
    },
  );
  const primary: Primary = {
    ...{ options, clock, log, interior, board, totals, port, insideToken },
    ...{ settings: () => state.settings, isDraining: () => state.draining },
  };
  const made = options.terminal ? makeToken() : undefined;
  const madeToken = settings.operations.token === undefined ? made : undefined;
  const front = await openFront(primary, settings.operations.token ?? madeToken);
  return {
    ...{ primary, state, front, madeToken },
    async closeAll(isSound) {
      await front.close(OPERATIONS_DRAIN_MS);
      await door?.stop();
      await closeRooms({ interior, kept: undefined, clock, log }, isSound);
    },
  };
}

export async function startPrimary(options: StartOptions): Promise<Gateway> {
  const { primary, state, front, madeToken, closeAll } = await prepare(options);
  const { board, interior, clock, log } = primary;
  const killAll = (): void => {
    board.crew.killAll();
  };
  // Whoever leaves at once takes the workers along.
  process.once('exit', killAll);
  try {
    await board.crew.start();
    await front.listen();
  } catch (thrown) {
    killAll();
    await closeAll(true);
    throw thrown instanceof CannotStart ? new OperatorError(thrown.message) : thrown;
  }
  const beat = watchCrew(primary);
  announce(options, log, clock.wallMs());
  const urls = {
    publicUrl: urlOf(publicPlace(primary)),
    operationsUrl: urlOf(front.operations()),
  };
  return {
    ...greet(options, urls, madeToken),
    ...{ log, clock },
    apply(next) {
      // Whatever is wrong with them shows here first, and then no worker hears of them.
      interior.apply(houseShare(next));
      state.settings = next;
      front.changeGates();
      applyEverywhere(primary, next);
    },
    async close(isSound = true) {
      state.draining = true;
      const { energy } = interior;
      energy?.endWatching();
      const { drain, preStop } = state.settings.server;
      board.tellAll({ kind: 'drain', energyVersion: energy?.version() ?? 1 });
      const limitMs = drain + preStop + keepingMs(state.settings) + END_GRACE_MS;
      const codes = await board.crew.end(limitMs);
      beat.cancel();
      await closeAll(isSound);
      process.off('exit', killAll);
      const failed = codes.filter((code) => code !== 0).length;
      if (failed > 0) throw new UncleanEnd(`${failed} worker processes did not end well.`);
    },
  };
}
