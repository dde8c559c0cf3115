/** What the gate refuses, byte for byte over a real socket. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exchange } from '../fakes/raw-client.js';
import { openRecorder, type Recorder } from './kit.js';
import { refusedRows } from './refused-rows.js';

let recorder: Recorder;
beforeAll(async () => {
  recorder = await openRecorder();
});
afterAll(async () => {
  await recorder.close();
});

const fill = (bytes: string): string => bytes.replaceAll('{host}', recorder.host);

describe('case 58: a refused request gets one answer, then the connection closes', () => {
  it.each(refusedRows)('$status for $name', async ({ bytes, status }) => {
    const before = recorder.listener.stats();
    const victim = 'GET /victim HTTP/1.1\r\nHost: {host}\r\n\r\n';

    const answers = await exchange(recorder.port, fill(bytes + victim));

    expect(answers.map((answer) => answer.status)).toEqual([status]);
    const [answer] = answers;
    const toHead = bytes.startsWith('HEAD');
    expect(answer?.headers.get('content-type')).toBe('application/problem+json');
    expect(answer?.headers.get('connection')).toBe('close');
    expect(answer?.headers.get('cache-control')).toBe('no-store');
    expect(answer?.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer?.headers.has('date')).toBe(true);
    expect(answer?.headers.get('allow') === undefined).toBe(status !== 405);
    if (!toHead) {
      expect(answer?.complete).toBe(true);
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status });
    }
    expect(recorder.seen).toEqual([]);
    const count = (refused: Readonly<Record<string, number>>): number =>
      Object.values(refused).reduce((sum, one) => sum + one, 0);
    expect(count(recorder.listener.stats().refused)).toBe(count(before.refused) + 1);
  });
});
