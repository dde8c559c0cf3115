/** The example of docs/middleware.md is what runs here. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import request from 'supertest';
import { app, cache } from './example.js';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');

afterAll(() => {
  cache.close();
});

describe('the example in docs/middleware.md', () => {
  it('is this very code', () => {
    const inPaper = /```ts\n(.*?)```/s.exec(read('../../../docs/middleware.md'))?.[1];
    const [caption = '', ...lines] = read('./example.ts').split('\n');
    expect(caption).toContain('docs/middleware.md');
    expect(lines.join('\n').replace("'../../../src/index.js'", "'leyden-gateway'")).toBe(inPaper);
  });

  it('imports what the package exports', () => {
    const { exports } = JSON.parse(read('../../../package.json')) as {
      exports: { '.': Readonly<Record<string, string>> };
    };
    // The build puts each source file into dist, under the path that it has here.
    expect(exports['.']).toEqual({
      types: './dist/src/index.d.ts',
      default: './dist/src/index.js',
    });
    expect(read('../../../src/index.ts')).toContain('export function responseCache(');
  });

  it('does what the page says', async () => {
    const get = (path: string) => request(app).get(path).set('Host', 'localhost:3000');
    const first = await get('/slow/2026-01');
    const second = await get('/slow/2026-01');
    expect(second.headers).toMatchObject({ 'x-cache': 'HIT', age: '0' });
    expect(second.body).toEqual(first.body);
    expect(second.body).toMatchObject({ month: '2026-01' });

    const ann = await get('/users/7/profile').set('Authorization', 'Bearer ann');
    const anybody = await get('/users/7/profile');
    expect([ann.body, anybody.body]).toEqual([
      { id: '7', asked: true },
      { id: '7', asked: false },
    ]);

    expect((await request(app).delete('/reports')).status).toBe(204);
    expect((await get('/slow/2026-01')).headers['x-cache']).toBe('MISS');
    const numbers = await get('/cache');
    expect(numbers.body).toMatchObject({
      hits: 1,
      misses: 4,
      by_endpoint: { slow: { hits: 1, misses: 2 }, users: { hits: 0, misses: 2 } },
    });
  });
});
