/** What a reload may change at once: the live settings of a new file over the running ones. */
import type * as z from 'zod';
import { schema } from './schema/all.js';
import type { Settings } from './settings.js';
import { shapeOf, unwrap } from './walk.js';

function merge(node: z.core.$ZodType, running: unknown, next: unknown): unknown {
  if (unwrap(node).meta.live === true) return next;
  const shape = shapeOf(node);
  if (shape === undefined) return running;
  const [old, fresh] = [running, next] as Readonly<Record<string, unknown>>[];
  const entries = Object.entries(shape)
    .map(([name, child]) => [name, merge(child, old?.[name], fresh?.[name])] as const)
    .filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(entries));
}

/** The settings that hold after a reload: what needs a restart stays as it runs. */
export function withLive(running: Settings, next: Settings): Settings {
  return merge(schema, running, next) as Settings;
}
