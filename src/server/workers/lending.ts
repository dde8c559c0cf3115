/** Lending: a stored answer as one worker hands it to another, over the door inside. */
import type { FleetMark } from '../../cache/fleet.js';
import { writeFrame, type FrameTools } from '../../cache/frame.js';
import type { Rooms } from '../../cache/rooms.js';
import type { Sharing } from './sharing.js';

/** What is asked for; all of it must be so, or nothing is lent. */
export interface Lending {
  readonly key: string;
  readonly partition: string;
  readonly route: string;
}

export interface LentAnswer {
  /** Where the shared order stood when its computation began. */
  readonly mark: FleetMark | undefined;
  /** Undefined: it is not here any more. */
  readonly frame: Buffer | undefined;
}

const NOTHING: LentAnswer = { mark: undefined, frame: undefined };

export function lend(
  rooms: Pick<Rooms, 'store' | 'purges'>,
  sharing: Pick<Sharing, 'markAt'>,
  frames: Pick<FrameTools, 'ring' | 'clock'>,
  { key, partition, route }: Lending,
): LentAnswer {
  const entry = rooms.store.peek(key);
  if (entry?.partition !== partition || entry.route !== route) return NOTHING;
  if (rooms.purges.judge(entry) === 'deleted') return NOTHING;
  const mark = sharing.markAt(entry.epoch);
  return mark === undefined ? NOTHING : { mark, frame: writeFrame(entry, frames, [mark.seq]) };
}

/** Strictly, for whoever asks came through a door that others can knock at. */
export function lendingIn(body: Buffer): Lending | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { key, partition, route } = value as Readonly<Record<string, unknown>>;
  if (typeof key !== 'string' || typeof partition !== 'string') return undefined;
  return typeof route === 'string' ? { key, partition, route } : undefined;
}
