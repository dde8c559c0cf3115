/** The health of one origin: left out after failures in a row, then asked again by one request. */

export interface HealthOptions {
  /** Failures to connect or to begin an answer, in a row, that make an origin sick. */
  readonly sickAfter: number;
  /** How long a sick origin is left alone, give or take a fifth. */
  readonly sickForMs: number;
}

/** What a request learnt about the origin. `nothing` is a caller who left, or a full queue. */
export type Verdict = 'answered' | 'unreachable' | 'nothing';

export type Standing = 'well' | 'sick' | 'due';

type State =
  | { readonly kind: 'well'; readonly failures: number }
  | { readonly kind: 'sick'; readonly untilMs: number; readonly probing: boolean };

const JITTER_SHARE = 0.2;

export class Health {
  private state: State = { kind: 'well', failures: 0 };

  constructor(
    private readonly options: HealthOptions,
    private readonly random: () => number,
  ) {}

  standing(nowMs: number): Standing {
    const { state } = this;
    if (state.kind === 'well') return 'well';
    return state.probing || nowMs < state.untilMs ? 'sick' : 'due';
  }

  /** When a sick origin may be asked again; a probe under way counts as now. */
  untilMs(): number | undefined {
    return this.state.kind === 'sick' ? this.state.untilMs : undefined;
  }

  /** Marks one request as the probe; true when it is. */
  probe(nowMs: number): boolean {
    if (this.standing(nowMs) !== 'due' || this.state.kind !== 'sick') return false;
    this.state = { ...this.state, probing: true };
    return true;
  }

  /** Learns from a request; true when the standing changed between well and sick. */
  learn(verdict: Verdict, wasProbe: boolean, nowMs: number): boolean {
    const { state } = this;
    if (verdict === 'answered') {
      this.state = { kind: 'well', failures: 0 };
      return state.kind === 'sick';
    }
    if (state.kind === 'sick') {
      // Only the probe may speak; what began before the sickness brings nothing new.
      if (!wasProbe) return false;
      this.state =
        verdict === 'unreachable'
          ? this.sick(nowMs)
          : { kind: 'sick', untilMs: nowMs, probing: false };
      return false;
    }
    if (verdict === 'nothing') return false;
    const failures = state.failures + 1;
    const fell = failures >= this.options.sickAfter;
    this.state = fell ? this.sick(nowMs) : { kind: 'well', failures };
    return fell;
  }

  private sick(nowMs: number): State {
    const jitter = 1 + JITTER_SHARE * (2 * this.random() - 1);
    return { kind: 'sick', untilMs: nowMs + this.options.sickForMs * jitter, probing: false };
  }
}
