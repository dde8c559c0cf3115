/** What a budget counts: the same for each class, and added up over all of them. */
import type { Priority } from '../message.js';

export interface ClassStats {
  readonly running: number;
  readonly waiting: number;
  /** Places given since the start. */
  readonly entered: number;
  /** Refused although their time was not over, whatever the reason. */
  readonly refused: number;
  /** Those of them who were refused at once, for the wait would outlast their patience. */
  readonly hopeless: number;
  /** Those of them whom a higher class pushed out of a full queue. */
  readonly displaced: number;
  /** Refused because no place became free in time. */
  readonly timedOut: number;
  /** Left the queue by themselves. */
  readonly left: number;
  /** Those of the entered who had to wait, and all their waits in milliseconds. */
  readonly waited: number;
  readonly waitedMs: number;
}

export interface BudgetStats extends ClassStats {
  readonly max: number;
  readonly queueMax: number;
  /** Most holders at the same time since the start. */
  readonly peak: number;
  /** How long a place is held, averaged over recent ones. */
  readonly heldMeanMs: number;
  /** The sums above, by class. */
  readonly classes: Readonly<Record<Priority, ClassStats>>;
}

/** The same, as it is counted; who waits is counted by the line itself. */
export type ClassCounts = { -readonly [Name in keyof Omit<ClassStats, 'waiting'>]: number };

export function countClass(): ClassCounts {
  return {
    ...{ running: 0, entered: 0, refused: 0, hopeless: 0, displaced: 0, timedOut: 0, left: 0 },
    ...{ waited: 0, waitedMs: 0 },
  };
}

export function sumOfClasses(classes: readonly ClassStats[]): ClassStats {
  const sum = (name: keyof ClassStats): number =>
    classes.reduce((total, one) => total + one[name], 0);
  return {
    running: sum('running'),
    waiting: sum('waiting'),
    entered: sum('entered'),
    refused: sum('refused'),
    hopeless: sum('hopeless'),
    displaced: sum('displaced'),
    timedOut: sum('timedOut'),
    left: sum('left'),
    waited: sum('waited'),
    waitedMs: sum('waitedMs'),
  };
}
