/** The files of the dashboard's page, served by ourselves and looked up when first asked for. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RequestHandler } from 'express';
import { Failure } from '../../errors.js';

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const PICTURE = 'image/svg+xml';

/** No other file can be asked for, whatever the path says. */
const TYPES: Readonly<Record<string, string>> = {
  'index.html': HTML,
  'style.css': STYLE,
  'panels.css': STYLE,
  'icon.svg': PICTURE,
  'theme.mjs': SCRIPT,
  'main.mjs': SCRIPT,
  'wire.mjs': SCRIPT,
  'charts.mjs': SCRIPT,
  'panels.mjs': SCRIPT,
  'operator-panels.mjs': SCRIPT,
  'acts.mjs': SCRIPT,
  'elements.mjs': SCRIPT,
  'words.mjs': SCRIPT,
};

const CHARTS: Readonly<Record<string, { readonly module: string; readonly type: string }>> = {
  'uplot.js': { module: 'uplot/dist/uPlot.iife.min.js', type: SCRIPT },
  'uplot.css': { module: 'uplot/dist/uPlot.min.css', type: STYLE },
};

interface Kept {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

export interface PageFiles {
  readonly page: RequestHandler;
  readonly file: RequestHandler<{ name: string }>;
}

/** `folder` holds the page as it stands in the sources: nothing of it is compiled. */
export function openFiles(folder: string): PageFiles {
  // Bounded by the two tables above.
  const kept = new Map<string, Kept>();
  const find = (name: string): { path: string; type: string } | undefined => {
    if (Object.hasOwn(TYPES, name)) {
      return { path: join(folder, name), type: TYPES[name] ?? '' };
    }
    const chart = Object.hasOwn(CHARTS, name) ? CHARTS[name] : undefined;
    if (chart === undefined) return undefined;
    return { path: createRequire(import.meta.url).resolve(chart.module), type: chart.type };
  };
  const load = async (name: string): Promise<Kept> => {
    const before = kept.get(name);
    if (before !== undefined) return before;
    const found = find(name);
    if (found === undefined) throw new Failure('not_found');
    const body = await readFile(found.path);
    const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
    const one = { body, type: found.type, etag: `"${hash}"` };
    kept.set(name, one);
    return one;
  };
  const send = async (name: string, res: Parameters<RequestHandler>[1]): Promise<void> => {
    const { body, type, etag } = await load(name);
    // Asked about each time, so that a new version is seen at once.
    res.set({ 'Content-Type': type, ETag: etag, 'Cache-Control': 'no-cache' }).send(body);
  };
  return {
    page: (_req, res) => send('index.html', res),
    file: (req, res) => send(req.params.name, res),
  };
}
