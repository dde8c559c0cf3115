/** Warming at the start: the addresses of the settings, once callers can be answered already. */
import { readFile } from 'node:fs/promises';
import type { Settings } from '../config/settings.js';
import type { Warming } from './cache/warm.js';
import type { Admit } from './cache/warm-run.js';
import { describeThrown } from './errors.js';
import type { Log } from './log.js';

const COMMENT = /^\s*(?:#|$)/;

/** One address in each line; what begins with # says nothing. */
export function addressesIn(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).filter((line) => !COMMENT.test(line));
  return lines.map((line) => line.trim());
}

/** Nobody waits for it, and nothing fails with it; the log says what it found. */
export async function warmAtStart(
  { warm: { urls, file, waiting } }: Settings,
  warming: Warming,
  admit: Admit,
  log: Log,
): Promise<void> {
  try {
    const more = file === undefined ? [] : addressesIn(await readFile(file, 'utf8'));
    const all = [...urls, ...more];
    if (all.length === 0) return;
    const taken = all.slice(0, waiting);
    const begun = warming.begin(taken, admit);
    if (begun === undefined) return;
    const { progress, refused } = begun;
    const left = all.length - taken.length;
    const reasons = [...new Set(refused.map(({ reason }) => reason))].sort().join(', ');
    const { id, accepted } = progress;
    log.info('warm_began', { id, accepted, refused: refused.length, reasons, left });
  } catch (thrown) {
    log.error('warm_at_start_failed', describeThrown(thrown));
  }
}
