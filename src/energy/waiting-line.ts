/** A line of waiting jobs with a ceiling: the most urgent first, and in turn among equals. */

/** 0 changes the state, 1 is a quick read, 2 is a long calibration. */
export type Priority = 0 | 1 | 2;

export interface Waiting {
  readonly priority: Priority;
}

export class WaitingLine<T extends Waiting> {
  readonly #lines: [T[], T[], T[]] = [[], [], []];
  readonly #waitingMax: number;

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  get size(): number {
    return this.#lines[0].length + this.#lines[1].length + this.#lines[2].length;
  }

  get full(): boolean {
    return this.size >= this.#waitingMax;
  }

  push(item: T): void {
    this.#lines[item.priority].push(item);
  }

  /** One that has waited before keeps its place. */
  pushFront(item: T): void {
    this.#lines[item.priority].unshift(item);
  }

  /** The next one that may start now. */
  take(mayStart: (item: T) => boolean): T | undefined {
    for (const line of this.#lines) {
      const at = line.findIndex(mayStart);
      if (at >= 0) return line.splice(at, 1)[0];
    }
    return undefined;
  }

  remove(item: T): boolean {
    const line = this.#lines[item.priority];
    const at = line.indexOf(item);
    if (at < 0) return false;
    line.splice(at, 1);
    return true;
  }

  clear(): T[] {
    return this.#lines.flatMap((line) => line.splice(0));
  }
}
