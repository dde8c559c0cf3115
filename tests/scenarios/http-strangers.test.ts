/** `cache: http` on real sockets: what strangers send, and five hundred callers at once. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningGateway } from '../fakes/gateway.js';
import { ownerOf, type Origin, type Owned } from '../fakes/origin.js';
import { exchange } from '../fakes/raw-client.js';
import { openScene, type Scene } from './http-kit.js';

let scene: Scene;
let origin: Origin;
let running: RunningGateway;

beforeAll(async () => {
  scene = await openScene();
  ({ origin, running } = scene);
});
afterEach(() => {
  origin.answer(undefined);
});
afterAll(async () => {
  await scene.close();
});

const get: Scene['get'] = (...asked) => scene.get(...asked);

const words = async (path: string, ...hosts: readonly string[]): Promise<string> => {
  const found = [];
  for (const host of hosts) {
    const { status, headers } = await get(path, {}, host);
    found.push(status === 200 || status === 301 ? headers['x-cache'] : status);
  }
  return found.join(' ');
};

describe('what a stranger sends', () => {
  const cached = (status = 200): void => {
    origin.answer((req, res) => {
      res.writeHead(status, { 'Cache-Control': 'max-age=60', 'X-Seen': req.rawHeaders.join('|') });
      res.end();
    });
  };

  it('cases 39 and 47: by the fields that steer proxies never reaches the origin', async () => {
    cached();
    const canary = 'canary.example';
    const steering = [
      ...['X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-Scheme'],
      ...['X-Forwarded-Prefix', 'X-Host', 'Forwarded', 'X-Original-URL', 'X-Rewrite-URL'],
      ...['X-HTTP-Method', 'X-HTTP-Method-Override', 'True-Client-IP', 'X_Forwarded_Host'],
    ];
    for (const name of steering) {
      const path = `/steer/${name}`;
      expect((await get(path, { headers: { [name]: canary } })).headers['x-seen']).not.toMatch(
        canary,
      );
      expect((await get(path)).rawHeaders.join()).not.toMatch(canary);
    }
  });

  it('case 46: a control character is refused, an odd letter spoils nothing', async () => {
    cached();
    const said = (value: string) =>
      `GET /meta HTTP/1.1\r\nHost: a.test\r\nX: ${value}\r\nConnection: close\r\n\r\n`;
    expect((await exchange(running.port, said('a\x07b')))[0]?.status).toBe(400);
    expect((await exchange(running.port, said('a\xe9b')))[0]?.status).toBe(200);
    expect((await get('/meta')).status).toBe(200);
  });

  it('case 45: a field that only the origin finds too long leaves no error behind', async () => {
    origin.answer((req, res) => {
      res.writeHead(String(req.headers['x-long'] ?? '').length > 8_000 ? 431 : 200).end();
    });
    const long = { headers: { 'X-Long': 'x'.repeat(12_000) } };
    expect((await get('/long', long)).status).toBe(431);
    expect((await get('/long')).status).toBe(200);
  });

  it('case 31: as Host names one answer each, alike but for case and default port', async () => {
    cached();
    const hosts = ['a.test', 'b.test', 'A.Test', 'a.test:80', 'a.test.', 'c.test', 'b.test'];
    expect(await words('/host', ...hosts)).toBe('MISS MISS HIT HIT 421 421 HIT');
  });

  it('case 50: as Host is not in a redirect that another one gets', async () => {
    origin.answer((req, res) => {
      const named = String(req.headers['x-forwarded-host']);
      res
        .writeHead(301, { Location: `https://${named}/there`, 'Cache-Control': 'max-age=60' })
        .end();
    });
    for (const kind of ['MISS', 'HIT']) {
      for (const host of ['b.test', 'a.test']) {
        const { headers } = await get('/moved', {}, host);
        expect([headers['x-cache'], headers['location']]).toEqual([kind, `https://${host}/there`]);
      }
    }
    expect(await words('/moved', 'evil.test')).toBe('421');
  });

  it('case 51: to learn about keys tells him nothing', async () => {
    cached();
    const curious = { headers: { Pragma: 'x-get-cache-key', 'X-Cache-Debug': '1' } };
    await get('/debug', curious);
    const { headers } = await get('/debug', curious);
    expect(headers['cache-status']).toMatch(/^leyden; hit; ttl=\d+; detail=l1$/);
    expect(Object.keys(headers).filter((name) => name.includes('key'))).toEqual([]);
  });

  it('case 27: as Cookie goes past the cache where the route says so', async () => {
    cached();
    const cookie = { headers: { Cookie: 'sid=1' } };
    const kinds = [await get('/refuse', cookie), await get('/refuse'), await get('/refuse')];
    expect(kinds.map(({ headers }) => headers['x-cache'])).toEqual(['BYPASS', 'MISS', 'HIT']);
  });
});

describe('case 33: five hundred at once', () => {
  it('each have their own id, owner and route, at both ends and in the log', async () => {
    const all = Array.from({ length: 500 }, async (_, nth) => {
      const token = `Bearer user-${nth % 50}`;
      const path = nth % 2 === 0 ? `/who/${nth % 10}` : `/rule?n=${nth % 10}`;
      const headers = { 'X-Request-Id': `id-${nth}`, Authorization: token };
      const { headers: fields, body } = await get(path, { headers });
      const said = JSON.parse(body) as Owned;
      expect([fields['x-request-id'], said.owner]).toEqual([`id-${nth}`, ownerOf(token)]);
      expect([fields['x-owner'], said.target]).toEqual([ownerOf(token), path]);
      return { id: `id-${nth}`, path: path.split('?')[0], token };
    });
    const asked = new Map((await Promise.all(all)).map((one) => [one.id, one]));
    for (const { rawHeaders } of origin.calls) {
      const value = (name: string) => rawHeaders[rawHeaders.indexOf(name) + 1];
      const one = asked.get(value('X-Request-Id') ?? '');
      if (one !== undefined) expect(value('Authorization')).toBe(one.token);
    }
    await running.close();
    interface Line {
      readonly id?: string;
      readonly path?: string;
      readonly route?: string;
    }
    const lines = running.lines().map((line) => JSON.parse(line) as Line);
    const own = lines.filter(({ id }) => id !== undefined && asked.has(id));
    expect(own).toHaveLength(500);
    for (const { id = '', path, route } of own) {
      expect([id, path]).toEqual([id, asked.get(id)?.path]);
      expect(route).toBe(path === '/rule' ? '/rule' : '/**');
    }
  });
});
