/** Problems: what is wrong with the settings and where, and the nearest name to a mistyped one. */
import type { Path } from './walk.js';

/** One mistake; `where` is a place in the file or the name of a variable. */
export interface Problem {
  readonly where: string;
  readonly text: string;
}

/** `routes[2].cache.ttl`, as sentences and documents write it. */
export function nameOf(path: Path): string {
  return path
    .map((key, at) => {
      if (typeof key === 'number') return `[${key}]`;
      return at === 0 ? shown(key) : `.${shown(key)}`;
    })
    .join('');
}

/** A name as it may be repeated in a sentence; what does not look like one may be a secret. */
export function shown(name: string, charsMax = 64): string {
  const plain = name.length <= charsMax && /^(?:[A-Za-z_][\w-]*|[1-5](?:xx|\d\d))$/.test(name);
  return plain ? name : '(a name)';
}

/** Edits (one letter in, out, changed, or two swapped) between two words. */
function editsBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (next[j - 1] ?? 0) + 1,
        (row[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** The name that was probably meant; undefined when none is near enough. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const limit = name.length <= 4 ? 1 : 2 + Math.floor(name.length / 12);
  let best: { name: string; edits: number } | undefined;
  for (const candidate of names) {
    const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase());
    if (edits <= limit && (best === undefined || edits < best.edits)) {
      best = { name: candidate, edits };
    }
  }
  return best?.name;
}
