/** What an exchange tells about the health of its origin, in the words of the breaker. */
import { Failure, type FailureCode } from '../errors.js';
import type { BreakerOptions, Verdict } from '../guards/breaker.js';

export interface HealthOptions {
  /** Failures to connect or to begin an answer, in a row, that make an origin sick. */
  readonly sickAfter: number;
  /** This part of the questions of a window makes it sick too, once there were enough of them. */
  readonly sickShare: number;
  readonly sickCallsMin: number;
  readonly sickWindowMs: number;
  /** How long a sick origin is left alone, give or take a fifth. */
  readonly sickForMs: number;
}

/** Nobody answered. */
const SILENT: ReadonlySet<FailureCode> = new Set(['connect', 'connect_timeout', 'head_timeout']);

/** Somebody is there, but what he says is broken. */
const BROKEN: ReadonlySet<FailureCode> = new Set([
  'reset',
  'protocol',
  'headers',
  'status',
  'informational',
]);

/** They say what the origin cannot do, not that it is unwell (RFC 9110 15.6.2 and 15.6.6). */
const UNABLE: ReadonlySet<number> = new Set([501, 505]);

export function breakerOptions(options: HealthOptions, random: () => number): BreakerOptions {
  return {
    rowMax: options.sickAfter,
    share: options.sickShare,
    callsMin: options.sickCallsMin,
    windowMs: options.sickWindowMs,
    openMs: options.sickForMs,
    goodProbes: 1,
    // What stands behind a gateway computes for seconds; slowness has its own limits.
    slowMs: undefined,
    random,
  };
}

/** 401, 403 and all of their kind are answers: only the asking was wrong. */
export function verdictOfStatus(status: number): Verdict {
  return status < 500 || UNABLE.has(status) ? 'good' : 'poor';
}

/** A caller who left, a full queue or a question that cannot be sent prove nothing. */
export function verdictOfThrown(thrown: unknown): Verdict {
  if (!(thrown instanceof Failure)) return 'ignored';
  if (SILENT.has(thrown.code)) return 'bad';
  return BROKEN.has(thrown.code) ? 'poor' : 'ignored';
}
