/** Settings of Redis where it is more than one server: who tells where it is. */
import { duration, flag, group, list, setting, text } from '../setting.js';

/** Checked in full by the room that uses them. */
const serverAddresses = () =>
  list(
    text(
      'an address such as 10.0.0.7:6379',
      /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):\d{1,5}$/,
      300,
    ),
    'a list of addresses such as 10.0.0.7:6379',
    64,
  ).prefault([]);

export const sentinel = group(
  {
    addresses: setting(serverAddresses(), 'The sentinels, all of them, in place of url and host.', {
      aliases: ['REDIS_SENTINELS'],
    }),
    master: setting(
      text('the name of a master', /^[A-Za-z0-9._-]+$/, 255).prefault('mymaster'),
      'What the sentinels call the master.',
      { aliases: ['REDIS_SENTINEL_MASTER'] },
    ),
    username: setting(
      text('a user name', /^[^\s\0]+$/, 256).optional(),
      'The user (ACL) of the sentinels; redis.username is that of the servers.',
    ),
    password: setting(
      text('a text without line breaks', /^[^\r\n\0]+$/, 4096).optional(),
      'The password of the sentinels.',
      {
        secret: true,
        aliases: ['REDIS_SENTINEL_PASSWORD'],
      },
    ),
    tls: setting(
      flag().prefault(false),
      'TLS towards the sentinels; it trusts what redis.tls.ca says.',
    ),
    interval: setting(
      duration('10ms', '1m').prefault('500ms'),
      'How often each sentinel is asked who leads.',
    ),
  },
  'Redis behind sentinels: the master is used, and followed when another becomes it.',
);
