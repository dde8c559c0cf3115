/** One worker process: the public listener on the shared port, and everything behind it. */
import type { Settings } from '../config/settings.js';
import type { Snapshot } from './cache/snapshot.js';
import type { Reach } from './cache/spread.js';
import type { Clock } from './clock.js';
import { furnish, type Interior } from './interior.js';
import { openKept } from './kept.js';
import type { Log, LogLevel } from './log.js';
import { openLog } from './open-log.js';
import { admitAddresses, drainPublic } from './public-listener.js';
import type { Line } from './server/workers/line.js';
import type { Neighbours } from './server/workers/neighbours.js';
import { openSharing, type Sharing } from './server/workers/sharing.js';
import * as slices from './slices.js';
import { closeRooms } from './starting.js';
import { openTracing } from './tracing.js';
import { warmAtStart } from './warm-start.js';
import { openWorkerCounts, type WorkerCounts } from './worker-count.js';
import { ACT_MS, ask, joinNeighbours, openDoors, type Doors, type Parts } from './worker-joined.js';
import { shareOf, withSecret, type ShareOptions } from './worker-share.js';

/** All that a worker has to know; it reads no file and no variable of its own. */
export interface Begin extends ShareOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly worker: number;
  /** Names the order of acts that this primary keeps. */
  readonly journal: string;
  readonly insideToken: string;
  readonly primaryDoor: string;
  readonly level: LogLevel;
  /** The first of its slot: what was kept before this run is read by nobody else. */
  readonly isFirst: boolean;
  /** Of the state of the energy service; 1 as long as nobody has changed it. */
  readonly energyVersion: number;
}

export interface WorkerTools {
  readonly line: Line;
  readonly clock: Clock;
  readonly logSink: NodeJS.WritableStream;
  /** From now on acts can come: before anybody can ask for what they take away. */
  readonly joining: (sharing: Sharing) => void;
}

export interface Worker {
  readonly address: string;
  readonly port: number;
  readonly door: string;
  readonly log: Log;
  readonly counts: WorkerCounts;
  /** Undefined while the second tier is Redis. */
  readonly neighbours: Neighbours | undefined;
  reach(id: string, wait: boolean): Promise<Reach | undefined>;
  apply(settings: Settings): void;
  /** With the last version of the energy service's state, for what is kept. */
  close(isSound: boolean, energyVersion?: number): Promise<void>;
}

const PLACES_MAX = 4096;

/**
 * The energy service answers elsewhere, and still its state is what its answers depend on; and what
 * signs a file must outlive this run.
 */
function openKeptHere(
  begin: Begin,
  interior: Interior,
  energyVersion: () => number,
): Snapshot | undefined {
  const { settings, energyUrl } = begin;
  const { upstreams, secret } = settings;
  const stateful = { version: energyVersion } as NonNullable<Interior['energy']>;
  const energy = energyUrl === undefined ? undefined : stateful;
  return openKept({ ...shareOf(settings, begin), upstreams, secret }, { ...interior, energy });
}

export async function startWorker(begin: Begin, tools: WorkerTools): Promise<Worker> {
  const { clock, line, logSink } = tools;
  const { version } = begin;
  const portKnown = (from: Settings): Settings => ({
    ...from,
    server: { ...from.server, port: begin.port },
  });
  const shareNow = (from: Settings): Settings => withSecret(shareOf(from, begin), begin.secret);
  let settings = portKnown(begin.settings);
  let draining = false;
  const share = shareNow(settings);
  const log = openLog({ ...slices.logSlice(share, logSink), level: begin.level }, clock);
  const traces = slices.tracingSlice(share, version);
  const tracing = await openTracing(traces, { clock, log, random: Math.random });
  const interior = furnish(share, clock, log, tracing);
  const { rooms, invalidations } = interior;
  let { energyVersion } = begin;
  const kept = openKeptHere(begin, interior, () => energyVersion);
  const { worker, journal, isFirst } = begin;
  const sharing = openSharing(
    { worker, journal, placesMax: PLACES_MAX },
    {
      ...{ rooms, invalidations },
      ask: async (nth, act) => (await ask(line, { kind: 'act', nth, act }, ACT_MS)) as Reach,
    },
  );
  const parts: Parts = {
    ...{ ...tools, begin, interior, log, settings: () => settings, isDraining: () => draining },
  };
  const joined = { ...joinNeighbours(parts, sharing), sharing };
  // One that died may have kept what was purged since: only the first of its slot reads it.
  if (isFirst) await kept?.restore();
  await interior.fleet?.ready?.();
  tools.joining(sharing);
  const place = Number(await ask(line, { kind: 'join' }, ACT_MS));
  // Of what was purged while a snapshot was read nobody has told us: nothing of it is kept.
  if (place > 0) rooms.store.clear();
  sharing.join(place);
  let doors: Doors;
  try {
    doors = await openDoors(parts, joined);
  } catch (thrown) {
    await closeRooms({ interior, kept, clock, log }, false);
    throw thrown;
  }
  const { inside, listener } = doors;
  const counts = openWorkerCounts({
    ...{ version, settings: share, interior, kept, clock, log, listener: () => listener },
  });
  if (begin.slot === 1 && isFirst) {
    void warmAtStart(share, interior.warming, admitAddresses(settings, listener), log);
  }
  return {
    ...{ address: listener.address, port: listener.port, door: inside.path },
    ...{ log, counts, neighbours: joined.neighbours },
    async reach(id, wait) {
      const spreading = invalidations.find(id)?.spreading;
      return wait ? await spreading?.reached() : spreading?.reach();
    },
    apply(next) {
      const ours = portKnown(next);
      interior.apply(shareNow(ours));
      settings = ours;
      listener.changeGate(slices.publicGate(settings));
      log.info('settings_applied', { worker });
    },
    async close(isSound, lastVersion = energyVersion) {
      draining = true;
      energyVersion = lastVersion;
      interior.computeNothingMore();
      const { forced } = await drainPublic(
        { settings: () => settings, interior, clock, log },
        listener,
      );
      log.info('drained', { worker, forced });
      await inside.close();
      joined.caller.close();
      await closeRooms({ interior, kept, clock, log }, isSound);
    },
  };
}
