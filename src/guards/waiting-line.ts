/** A line of waiters in classes: the higher class first, each class in its order of arrival. */
import type { Failure } from '../errors.js';
import type { Priority } from '../message.js';

/** From the first to the last to be served. */
export const PRIORITIES = [
  'foreground',
  'revalidate',
  'audit',
  'warm',
] as const satisfies readonly Priority[];

/** A record with something for each class. */
export function perClass<Of>(make: (priority: Priority) => Of): Record<Priority, Of> {
  return {
    foreground: make('foreground'),
    revalidate: make('revalidate'),
    audit: make('audit'),
    warm: make('warm'),
  };
}

/** Someone in the line. It belongs to one line at a time, which alone changes these fields. */
export class Waiter {
  before: Waiter | undefined;
  behind: Waiter | undefined;

  constructor(
    public priority: Priority,
    readonly sinceMs: number,
    readonly give: () => void,
    readonly refuse: (failure: Failure) => void,
  ) {}
}

/** Linked by hand, so that anyone leaves from the middle and the newest is found at once. */
class Row {
  first: Waiter | undefined;
  last: Waiter | undefined;
  size = 0;

  add(waiter: Waiter): void {
    waiter.before = this.last;
    waiter.behind = undefined;
    if (this.last === undefined) this.first = waiter;
    else this.last.behind = waiter;
    this.last = waiter;
    this.size += 1;
  }

  remove(waiter: Waiter): void {
    if (waiter.before === undefined) this.first = waiter.behind;
    else waiter.before.behind = waiter.behind;
    if (waiter.behind === undefined) this.last = waiter.before;
    else waiter.behind.before = waiter.before;
    this.size -= 1;
  }
}

export class WaitingLine {
  private readonly rows = perClass(() => new Row());

  get size(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.rows[priority].size, 0);
  }

  sizeOf(priority: Priority): number {
    return this.rows[priority].size;
  }

  /** Those who are served before someone who joins this class now. */
  aheadOf(priority: Priority): number {
    let sum = 0;
    for (const each of PRIORITIES) {
      sum += this.rows[each].size;
      if (each === priority) break;
    }
    return sum;
  }

  first(admits: (priority: Priority) => boolean): Waiter | undefined {
    const priority = PRIORITIES.find((each) => this.rows[each].size > 0);
    return priority !== undefined && admits(priority) ? this.rows[priority].first : undefined;
  }

  /** The newest of the lowest class that waits, if that class is below this one. */
  newestBelow(priority: Priority): Waiter | undefined {
    const lowest = PRIORITIES.findLast((each) => this.rows[each].size > 0);
    if (lowest === undefined) return undefined;
    const isBelow = PRIORITIES.indexOf(lowest) > PRIORITIES.indexOf(priority);
    return isBelow ? this.rows[lowest].last : undefined;
  }

  add(waiter: Waiter): void {
    this.rows[waiter.priority].add(waiter);
  }

  remove(waiter: Waiter): void {
    this.rows[waiter.priority].remove(waiter);
  }

  /** To the end of another class: who waits there already came there first. */
  move(waiter: Waiter, to: Priority): void {
    this.remove(waiter);
    waiter.priority = to;
    this.add(waiter);
  }
}
