/** Lines of many processes on one pipe: each write is whole lines, and stays in one piece. */
import { Writable } from 'node:stream';

/** What POSIX promises to write in one piece, whoever else writes to the same pipe (PIPE_BUF). */
const PIECE_BYTES_MAX = 4096;
const NEW_LINE = 0x0a;

/** Where the piece that begins here ends: behind its last whole line, or behind a very long one. */
function endOf(bytes: Buffer, from: number): number {
  if (bytes.byteLength - from <= PIECE_BYTES_MAX) return bytes.byteLength;
  const last = bytes.lastIndexOf(NEW_LINE, from + PIECE_BYTES_MAX - 1);
  if (last >= from) return last + 1;
  const first = bytes.indexOf(NEW_LINE, from + PIECE_BYTES_MAX);
  return first < 0 ? bytes.byteLength : first + 1;
}

/** Whoever writes here writes whole lines. */
export function wholeLines(sink: NodeJS.WritableStream): NodeJS.WritableStream {
  const lines = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      let isTaken = true;
      for (let at = 0; at < chunk.byteLength;) {
        const end = endOf(chunk, at);
        isTaken = sink.write(chunk.subarray(at, end));
        at = end;
      }
      // A reader that has stopped shows in what is left here, which the log looks at.
      if (isTaken) done();
      else sink.once('drain', done);
    },
  });
  sink.on('error', () => {
    lines.destroy();
  });
  return lines;
}
