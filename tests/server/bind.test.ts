/** When a listener cannot have its address, one plain sentence says what to do about it. */
import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { OperatorError } from '../../src/errors.js';
import { bind } from '../../src/server/bind.js';

const settings = { host: 'server.host (HOST)', port: 'server.port (PORT)' };

async function refusal(host: string, port: number): Promise<OperatorError> {
  const server = createServer();
  try {
    await bind(server, { host, port, backlog: 511, settings });
  } catch (thrown) {
    if (thrown instanceof OperatorError) return thrown;
    throw thrown;
  } finally {
    server.close();
  }
  throw new Error('it was bound');
}

describe('a listener that cannot be bound', () => {
  it('names the busy port and its setting', async () => {
    const other = createServer();
    const own = await bind(other, { host: '127.0.0.1', port: 0, backlog: 511, settings });
    const error = await refusal('127.0.0.1', own.port);
    other.close();
    expect(error.message).toBe(
      `Port ${own.port} on 127.0.0.1 is already in use by another program; ` +
        'stop that one, or set server.port (PORT) to another port (0 picks a free one).',
    );
    expect(error.exitCode).toBe(78);
  });

  it.each([
    // RFC 5737: an address for documents, which no machine has.
    ['192.0.2.1', 0, /192\.0\.2\.1 port 0.*no such address.*server\.host \(HOST\)/],
    ['127.0.0.1', 65_536, /Port 65536.*server\.port \(PORT\)/],
  ])('names %s port %d and the setting to change', async (host, port, sentence) => {
    const error = await refusal(host, port);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('\n');
  });
});
