/** What the operator should hear once at start: words without effect yet, and limits that clash. */
import { visitSettings } from './mask.js';
import { schema } from './schema/all.js';
import type { Settings } from './settings.js';
import { formatDuration } from './units.js';

/** What a group says where the file says nothing; a lifetime rule needs a lifetime to be one. */
function defaults(): ReadonlyMap<string, string> {
  const parsed = schema.parse({
    upstreams: { some: { url: 'local' } },
    routes: [{ path: '/', upstream: 'some', cache: { ttl: '1s' } }],
  });
  const found = new Map<string, string>();
  visitSettings(parsed as unknown as Settings, ({ name, value }) => {
    found.set(generalName(name), JSON.stringify(value));
  });
  return found;
}

/** `routes[GET /a].cache.early` is one setting for all routes. */
const generalName = (name: string): string =>
  name.replace(/^routes\[.*\](?=\.[^\]]*$)/s, 'routes[]');

/** Settings that are set and checked, but have no effect in this version. */
export function notYetSet(settings: Settings): readonly string[] {
  const usual = defaults();
  const found: string[] = [];
  visitSettings(settings, ({ name, meta, value }) => {
    const differs = usual.get(generalName(name)) !== JSON.stringify(value);
    if (meta.notYet === true && differs) found.push(name);
    return value;
  });
  return found;
}

/** One sentence for each thing that is allowed and probably not meant. */
export function settingsWarnings(settings: Settings): readonly string[] {
  const { drain } = settings.server;
  return Object.entries(settings.upstreams).flatMap(([name, { timeout }]) => {
    const routes = settings.routes.filter(({ upstream }) => upstream === name);
    if (timeout.head <= drain || routes.length === 0) return [];
    const paths = routes.map(({ path }) => path).join(', ');
    return [
      `An answer of ${paths} may take ${formatDuration(timeout.head)} to begin ` +
        `(upstreams.${name}.timeout.head), but a shutdown waits ${formatDuration(drain)} ` +
        `(server.drain).`,
    ];
  });
}
