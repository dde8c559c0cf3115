/** Whether writes make sense: not where they are forbidden, nor on a replica until it leads. */
import type { Log } from '../log.js';
import type { Role } from './open.js';

export interface Writable {
  /** What a server said of itself, or showed by refusing a write. */
  learn(role: Role): void;
  role(): Role;
  /** True when writes are to be sent. */
  readonly now: () => boolean;
}

export function openWritable(readonly: boolean, log: Log): Writable {
  let role: Role = 'master';
  if (readonly) log.warn('redis_readonly', { reason: 'setting' });
  return {
    learn(next) {
      if (next === role) return;
      role = next;
      if (readonly) return;
      if (role === 'replica') log.warn('redis_readonly', { reason: 'replica' });
      else log.info('redis_writable');
    },
    role: () => role,
    now: () => !readonly && role === 'master',
  };
}
