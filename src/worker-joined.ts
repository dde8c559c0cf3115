/** What joins a worker to the others: the second tier that they are, and the doors between. */
import type { Settings } from '../config/settings.js';
import { openKeyRing } from './cache/key-ring.js';
import type { Interior } from './interior.js';
import type { Log } from './log.js';
import { cacheAdminOptions } from './operations-listener.js';
import { openPublic } from './public-listener.js';
import type { Handler } from './server/door.js';
import type { Listener } from './server/listen.js';
import { openCaller, openInside, type InsideDoor } from './server/workers/inside.js';
import { lend } from './server/workers/lending.js';
import type { Line } from './server/workers/line.js';
import { openNeighbours } from './server/workers/neighbours.js';
import type { Sharing } from './server/workers/sharing.js';
import type { AskPrimary, LeadWord, Neighbour, ToPrimary } from './server/workers/words.js';
import {
  borrow,
  findingPlaces,
  insideHandler,
  metricsFrom,
  promisedHere,
} from './worker-inside.js';
import { patienceMs, withSecret } from './worker-share.js';
import type { Begin, WorkerTools } from './worker-start.js';

/** Beyond the wait for a computation, other workers are waited for no longer than this. */
const BUDGET_MS = 1000;
export const ACT_MS = 10_000;
const SOCKETS_MAX = 256;
const INSIDE_CONNECTIONS_MAX = 1024;
const SKEW_MAX_MS = 60_000;
/** What a frame is about larger than the body. */
const FRAME_EXTRA_BYTES = 256 * 1024;

export interface Parts extends WorkerTools {
  readonly begin: Begin;
  readonly interior: Interior;
  readonly log: Log;
  readonly settings: () => Settings;
  readonly isDraining: () => boolean;
}

export const ask = (line: Line, word: AskPrimary, waitMs: number) => line.ask(word, waitMs);
const tell = (line: Line, word: ToPrimary): boolean => line.tell(word);

/** Redis does for many machines what the neighbours do for one; with both, Redis does it. */
export function joinNeighbours(parts: Parts, sharing: Sharing) {
  const { begin, interior, line, clock, settings } = parts;
  const { rooms } = interior;
  const { secret } = withSecret(settings(), begin.secret);
  const ring = openKeyRing(secret, 'entries');
  if (ring === undefined) throw new Error('A worker always has a secret.');
  const bytesMax = rooms.store.bodyBytesMax + FRAME_EXTRA_BYTES;
  const { insideToken: token } = begin;
  const caller = openCaller({ token, bytesMax, socketsMax: SOCKETS_MAX }, clock);
  const frames = { ring, clock, bytesMax, skewMaxMs: SKEW_MAX_MS };
  const neighbours =
    interior.redis === undefined
      ? openNeighbours(
          { budgetMs: BUDGET_MS, patienceMs: patienceMs(settings()) },
          {
            ...{ clock, purges: rooms.purges, sharing, frames },
            async where(family, waitMs) {
              return (await ask(line, { kind: 'where', family }, waitMs)) as Neighbour | undefined;
            },
            async ask(family, waitMs) {
              return (await ask(line, { kind: 'lead', family }, waitMs)) as LeadWord;
            },
            borrow: (from, what, waitMs) => borrow(caller, from, what, waitMs),
            kept: (family) => tell(line, { kind: 'kept', family }),
            released: (family, how, code) =>
              void tell(line, { kind: 'released', family, how, code }),
            left: (family) => void tell(line, { kind: 'left', family }),
          },
        )
      : undefined;
  if (neighbours !== undefined) {
    rooms.second = neighbours;
    rooms.spread = sharing.spread;
  }
  return { caller, frames, neighbours };
}

type Joined = ReturnType<typeof joinNeighbours> & { readonly sharing: Sharing };

export interface Doors {
  readonly inside: InsideDoor;
  readonly listener: Listener;
}

/** The door inside opens first: whoever is told of this worker can ask it. */
export async function openDoors(parts: Parts, joined: Joined): Promise<Doors> {
  const { begin, interior, log, clock, line, settings } = parts;
  const { caller, frames, sharing } = joined;
  const { answers, rooms, invalidations } = interior;
  const opened: { listener?: Listener; pipeline?: Handler } = {};
  const own = () => opened.listener ?? { address: begin.settings.server.host, port: begin.port };
  const inside = await openInside(
    { token: begin.insideToken, connectionsMax: INSIDE_CONNECTIONS_MAX },
    insideHandler({
      lend: (what) => lend(rooms, sharing, frames, what),
      promised: (name) => promisedHere(answers, name),
      pipeline: () => opened.pipeline,
      log,
      admin: {
        log,
        settings: () => ({}),
        drain: () => undefined,
        cache: cacheAdminOptions({ interior, log, settings }, { invalidations }, own),
      },
    }),
    log,
  );
  const neighbours = async (): Promise<readonly Neighbour[]> =>
    (await ask(line, { kind: 'neighbours' }, BUDGET_MS)) as readonly Neighbour[];
  const listener = await openPublic(
    {
      ...{ settings, interior, clock, log, isDraining: () => parts.isDraining() },
      metrics: metricsFrom(caller, begin.primaryDoor, log),
      around(pipeline) {
        opened.pipeline = pipeline;
        return findingPlaces({ caller, neighbours, answers, log }, pipeline);
      },
    },
    () => own().address,
  );
  opened.listener = listener;
  return { inside, listener };
}
