/** Forgotten: what was taken back by hand; its value may still lie there, or be on its way. */
import type { Clock } from '../clock.js';
import type { Entry } from './entry.js';
import type { Place } from './redis-store.js';

function nameOf(place: Place): string {
  return typeof place === 'string' ? place : `${place.family} ${place.variant}`;
}

export function openForgotten(max: number, clock: Pick<Clock, 'nowMs'>) {
  const since = new Map<string, number>();
  return {
    add(place: Place): void {
      const name = nameOf(place);
      since.delete(name);
      since.set(name, clock.nowMs());
      const [oldest] = since.keys();
      if (since.size > max && oldest !== undefined) since.delete(oldest);
    },
    covers(place: Place, { storedAtMs }: Entry): boolean {
      const sinceMs = since.get(nameOf(place));
      return sinceMs !== undefined && storedAtMs <= sinceMs;
    },
  };
}
