/** Rhythm: how regularly an answer is asked for, and how likely it is to be asked for again. */

export interface Rhythm {
  /** The mean time from one ask to the next; undefined before anybody has come back. */
  gapMs: number | undefined;
  /** The mean distance from that mean: small where asks are regular. */
  deviationMs: number;
  /** Of the lifetimes so far, the newer the more, the part in which somebody asked. */
  askedShare: number;
  /** Until when the asks have been counted. */
  countedMs: number;
  /** What the answer's hits were then. */
  countedHits: number;
  /** Somebody has asked since it was last decided whether to compute ahead. */
  asked: boolean;
}

/** Weight of the newest gap. */
const NEWEST_SHARE = 0.25;
/** Before anything is known, one is as likely as the other. */
const ASKED_AT_FIRST = 1 / 2;
/** Weight of the newest lifetime: about the last ten decide. */
const NEWEST_LIFETIME_SHARE = 1 / 8;
/** Where asks come at random, the mean distance of a gap from the mean is 2/e of it. */
const RANDOM_SHARE = 2 / Math.E;
/** However regular the asks have been, the next one may be off by this part of the gap. */
const DEVIATION_SHARE_MIN = 1 / 20;
/** The scale of a logistic distribution is its mean deviation by this. */
const LOGISTIC = 2 * Math.LN2;

export function newRhythm(nowMs: number, hits: number): Rhythm {
  return {
    ...{ gapMs: undefined, deviationMs: 0, asked: false, askedShare: ASKED_AT_FIRST },
    ...{ countedMs: nowMs, countedHits: hits },
  };
}

/** So many asks since the last count; none leaves the count open, for the silence goes on. */
export function heard(rhythm: Rhythm, asks: number, nowMs: number): void {
  const passedMs = nowMs - rhythm.countedMs;
  if (asks <= 0 || passedMs <= 0) return;
  const gapMs = passedMs / asks;
  const before = rhythm.gapMs;
  if (before === undefined) {
    rhythm.gapMs = gapMs;
    rhythm.deviationMs = gapMs * RANDOM_SHARE;
  } else {
    const off = Math.abs(gapMs - before);
    rhythm.gapMs = before + NEWEST_SHARE * (gapMs - before);
    rhythm.deviationMs += NEWEST_SHARE * (off - rhythm.deviationMs);
  }
  rhythm.countedMs = nowMs;
}

/** A lifetime is over; who asked in it is counted once, for it matters only whether anybody did. */
export function lived(rhythm: Rhythm, asked: boolean): void {
  rhythm.askedShare += NEWEST_LIFETIME_SHARE * ((asked ? 1 : 0) - rhythm.askedShare);
}

/**
 * The chance that somebody asks within the next lifetime. The gaps tell it soon where many ask;
 * where about one asks in each lifetime, the lifetimes tell it better in the long run.
 */
export function chanceOfAsk(rhythm: Rhythm, lifetimeMs: number, nowMs: number): number {
  return Math.max(rhythm.askedShare, chanceByGaps(rhythm, lifetimeMs, nowMs));
}

function chanceByGaps(rhythm: Rhythm, withinMs: number, nowMs: number): number {
  if (rhythm.gapMs === undefined) return 0;
  // A silence that has lasted for longer than the mean gap speaks for itself.
  const gapMs = Math.max(rhythm.gapMs, nowMs - rhythm.countedMs);
  const deviationMs = Math.max(rhythm.deviationMs, gapMs * DEVIATION_SHARE_MIN);
  return 1 / (1 + Math.exp((-LOGISTIC * (withinMs - gapMs)) / deviationMs));
}
