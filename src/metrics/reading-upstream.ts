/** One reading of the upstreams: the line for each, its origins, and what went wrong with them. */

export interface BudgetReading {
  readonly running: number;
  readonly max: number;
  readonly waiting: number;
  readonly queueMax: number;
  readonly entered: number;
  readonly refused: number;
  readonly timedOut: number;
  readonly left: number;
  readonly waitedMs: number;
  /** The same of each class: foreground, revalidate, audit and warm. */
  readonly classes: Readonly<Record<string, ClassReading>>;
}

/** One class of those who want a place in a budget. */
export interface ClassReading {
  readonly running: number;
  readonly waiting: number;
  readonly entered: number;
  readonly refused: number;
  readonly hopeless: number;
  readonly displaced: number;
  readonly timedOut: number;
  readonly left: number;
  readonly waitedMs: number;
}

/** An upstream: its origins, which of them are left out, and what went wrong with them. */
export interface UpstreamReading {
  readonly origins: readonly { readonly url: string; readonly breaker: BreakerWord }[];
  /** Times that an origin fell sick. */
  readonly fell: number;
  /** Questions refused because every origin was sick. */
  readonly refused: number;
  readonly retries: number;
  readonly retriesRefused: number;
  readonly errors: Readonly<Partial<Record<string, number>>>;
}

export type BreakerWord = 'closed' | 'half-open' | 'open';
