/** What is made from the schema is what is in the repository. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { generatedFiles, writeGenerated } from '../../config/generated.js';
import { jsonSchema } from '../../config/json-schema.js';
import { schema } from '../../config/schema/all.js';
import { defaultConfigPath, packageRoot } from '../../config/settings.js';
import { leaves } from '../../config/walk.js';

describe('the generated files', () => {
  it.each(Object.keys(generatedFiles()))('%s is up to date; if not: npm run build', (name) => {
    expect(readFileSync(join(packageRoot(), name), 'utf8')).toBe(generatedFiles()[name]);
  });

  it('are written only when they differ', () => {
    const root = mkdtempSync(join(tmpdir(), 'leyden-generated-'));
    try {
      expect(writeGenerated(root)).toEqual(Object.keys(generatedFiles()));
      expect(writeGenerated(root)).toEqual([]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe('every setting', () => {
  it.each(leaves(schema, () => ['any']).map((leaf) => [leaf.path.join('.'), leaf] as const))(
    '%s says what it is and what it must be',
    (_name, { meta }) => {
      expect(meta.description).toMatch(/^\S.*[.)]$/s);
      expect(meta.must).toMatch(/\S/);
    },
  );

  it('is in docs/settings.md, and marked there when it has no effect yet', () => {
    const text = generatedFiles()['docs/settings.md'] ?? '';
    expect(text).toContain('| `server.port` | `8080` |');
    expect(text).toContain('`REDIS_HOST`');
    const row = (name: string): string =>
      text.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
    expect(row('cache.softLimit')).not.toContain('*later*');
    expect(row('redis.pool.lanes')).not.toContain('*later*');
    expect(row('postgres.url')).toContain('*later*');
    expect(row('log.level')).toContain('*live*');
    expect(row('cache.ttl')).not.toContain('*later*');
    expect(row('http.pool.max')).not.toContain('*later*');
  });
});

describe('the schema for editors', () => {
  const editor = z.fromJSONSchema(jsonSchema());
  const accepts = (text: string): boolean => editor.safeParse(parse(text)).success;

  it('accepts the shipped file, which names it in its first line', () => {
    const text = readFileSync(defaultConfigPath(), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./gateway.schema.json');
    expect(accepts(text)).toBe(true);
  });

  it.each([
    ['server: { port: "${PORT}", drain: "${DRAIN}" }', true],
    ['memory: { maxBytes: 1000000 }', true],
    ['upstreams: { a: { url: [ "http://x" ] } }', true],
    ['server: { prot: 1 }', false],
    ['server: { port: "x" }', false],
    ['server: { drain: 30 }', false],
    ['memory: { maxBytes: 10kbb }', false],
    ['routes: [{ path: /a, upstream: u, cache: { tll: 1s } }]', false],
    ['routes: [{ path: /a, upstream: u, cache: { ttl: 1s, errorTtl: { 5xx: 1s } } }]', true],
  ])('judges %s as the gateway does: %s', (text, good) => {
    expect(accepts(text)).toBe(good);
  });
});
