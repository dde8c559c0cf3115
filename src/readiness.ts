/** Whether the gateway is ready, and how its parts are. */
import type { Settings } from '../config/settings.js';
import type { Interior } from './interior.js';
import type { PartWord, Readiness } from './operations/health.js';
import { isRedisWanted } from './redis-slice.js';
import { trackingWord } from './tracking-slice.js';

export interface ReadinessOptions {
  readonly settings: () => Settings;
  readonly interior: Pick<Interior, 'redis' | 'rooms'>;
  readonly isDraining: () => boolean;
}

/** A gateway without its second tier still answers, so none of these words makes it unready. */
function redisWord({ interior, settings }: ReadinessOptions): PartWord {
  if (interior.redis !== undefined) return interior.redis.stats().status;
  return isRedisWanted(settings()) ? 'disabled' : 'off';
}

export function readiness(options: ReadinessOptions): Readiness {
  const { settings, interior, isDraining } = options;
  const lasting = settings().secret.length > 0;
  return {
    ready: !isDraining(),
    reason: isDraining() ? 'draining' : undefined,
    parts: {
      ...{ memory: 'on', redis: redisWord(options) },
      redis_tracking: trackingWord(interior.rooms.second),
      lasting_secret: lasting ? 'on' : 'off',
    },
  };
}
