/** A batch of log lines on their way to one write. */
import { LINE_BYTES_MAX } from './log-line.js';

export interface Batch {
  /** False when there is no room for it. */
  add(text: string): boolean;
  flush(): void;
}

const BATCH_BYTES = 192 * LINE_BYTES_MAX;

/**
 * Lines wait as bytes in one buffer. As objects they would outlive several collections of the
 * young heap, and being copied each time would cost more than the lines themselves.
 */
export function openBatch(linesMax: number, write: (text: string) => void): Batch {
  const bytes = Buffer.alloc(BATCH_BYTES);
  let used = 0;
  let lines = 0;
  const flush = (): void => {
    if (used === 0) return;
    // Without the last line feed: whoever writes it adds one.
    write(bytes.toString('utf8', 0, used - 1));
    used = 0;
    lines = 0;
  };
  return {
    flush,
    add(text) {
      if (lines >= linesMax) return false;
      if (used + LINE_BYTES_MAX + 1 > BATCH_BYTES) flush();
      used += bytes.write(text, used);
      used += bytes.write('\n', used);
      lines += 1;
      return true;
    },
  };
}
