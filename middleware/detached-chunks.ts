/** Takes the chunk framing off what a response of Node wrote; trailers behind the last chunk go. */

const LINE_FEED = 0x0a;

/**
 * Gives the parts of the content in each piece of bytes. Only Node itself writes what is read here
 * (RFC 9112 section 7.1), so nothing in it has to be doubted.
 */
export function openChunks(): (bytes: Buffer) => readonly Buffer[] {
  let line = '';
  let leftBytes = 0;
  let isOver = false;
  return (bytes) => {
    const parts: Buffer[] = [];
    let at = 0;
    while (at < bytes.length && !isOver) {
      if (leftBytes > 0) {
        const part = bytes.subarray(at, at + leftBytes);
        parts.push(part);
        at += part.length;
        leftBytes -= part.length;
        continue;
      }
      const end = bytes.indexOf(LINE_FEED, at);
      line += bytes.toString('latin1', at, end < 0 ? undefined : end);
      if (end < 0) break;
      at = end + 1;
      const digits = line.trim();
      line = '';
      // The empty line ends the chunk before it.
      if (digits === '') continue;
      leftBytes = Number.parseInt(digits, 16);
      isOver = leftBytes === 0;
    }
    return parts;
  };
}
