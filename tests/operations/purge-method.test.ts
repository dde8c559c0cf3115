/** The method PURGE on the operator's listener: one path, on one host or on all. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openDesk, RIGHT, type CacheDesk } from './cache-kit.js';

let desk: CacheDesk;
beforeAll(async () => {
  desk = await openDesk('server: { hosts: [one.example, two.example] }');
});
afterAll(() => desk.close());

const ONE = { Host: 'one.example' };
const TWO = { Host: 'two.example' };

async function purge(path: string, headers: object): Promise<{ status: number; body: string }> {
  return await ask(desk.running.operationsPort, path, { method: 'PURGE', headers: { ...headers } });
}

describe('PURGE', () => {
  it('with the name of a public host deletes the path there, with its queries', async () => {
    for (const path of ['/c/1', '/c/1?a=1']) await desk.get(path, ONE);
    await desk.get('/c/1', TWO);
    const answer = await purge('/c/1', { ...RIGHT, ...ONE });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { matched: 2, acked: 1 }]);
    expect(await desk.kindOf('/c/1', ONE)).toBe('MISS');
    expect(await desk.kindOf('/c/1', TWO)).toBe('HIT');
    expect(JSON.parse((await purge('/c/1?a=2', { ...RIGHT, ...ONE })).body)).toMatchObject({
      matched: 0,
    });
  });

  it('with the listener’s own name deletes the path on every host', async () => {
    for (const host of [ONE, TWO]) await desk.get('/c/2', host);
    expect(JSON.parse((await purge('/c/2', RIGHT)).body)).toMatchObject({ matched: 2 });
    for (const host of [ONE, TWO]) expect(await desk.kindOf('/c/2', host)).toBe('MISS');
  });

  it('reaches the public path of that name, never a page of the operator', async () => {
    expect((await purge('/admin/config', RIGHT)).status).toBe(200);
    expect((await purge('/metrics', RIGHT)).status).toBe(200);
  });

  it('cases 107 and 109: without the token, elsewhere or ambiguous it does nothing', async () => {
    await desk.get('/c/3', ONE);
    expect((await purge('/c/3', ONE)).status).toBe(401);
    expect((await purge('/c/3', { ...RIGHT, Host: 'evil.example' })).status).toBe(421);
    expect((await purge('/x/../c/3', RIGHT)).status).toBe(400);
    expect((await purge('//c/3', RIGHT)).status).toBe(400);
    expect((await purge('/c/*', RIGHT)).status).toBe(200);
    expect(await desk.kindOf('/c/3', ONE)).toBe('HIT');
  });

  it('case 102: on the public listener it is 405', async () => {
    await desk.get('/c/4', ONE);
    const headers = { ...RIGHT, ...ONE };
    const answer = await ask(desk.running.port, '/c/4', { method: 'PURGE', headers });
    expect(answer.status).toBe(405);
    expect(await desk.kindOf('/c/4', ONE)).toBe('HIT');
  });

  it('case 110: is written down like every purge', async () => {
    await purge('/c/5?secret=canary', { ...RIGHT, ...TWO });
    const line = desk.running.lines().findLast((one) => one.includes('"invalidated"')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ scope: 'path: http://two.example/c/5?…', count: 0 });
  });
});
