/** Says when the journal is read at a replica that is cut off from its master, and when no more. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Link } from '../redis/link.js';

/** A link that comes and goes is a line now and then. */
const SAY_EVERY_MS = 60_000;

export function openLinkLog(clock: Clock, log: Log): (link: Link) => void {
  let said: Link = 'whole';
  let saidMs = -Infinity;
  return (link) => {
    if (link === said) return;
    if (link === 'whole') {
      said = link;
      log.info('redis_replica_heard');
      return;
    }
    if (clock.nowMs() - saidMs < SAY_EVERY_MS) return;
    said = link;
    saidMs = clock.nowMs();
    log.warn('redis_replica_unheard', { reason: link });
  };
}
