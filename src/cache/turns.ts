/** Turns: so many at once, so many more wait, and whoever comes then gets none. */

export interface Turn {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface Turns {
  /** Undefined when too many wait. Whoever takes one runs it at once. */
  take(): Turn | undefined;
  waiting(): number;
}

export function openTurns(atOnceMax: number, waitingMax: number): Turns {
  const queue: (() => void)[] = [];
  let running = 0;
  const next = (): void => {
    running -= 1;
    queue.shift()?.();
  };
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnceMax) await new Promise<void>((resolve) => queue.push(resolve));
    running += 1;
    try {
      return await work();
    } finally {
      next();
    }
  };
  const turn: Turn = { run };
  return {
    take: () => (running >= atOnceMax && queue.length >= waitingMax ? undefined : turn),
    waiting: () => queue.length,
  };
}
