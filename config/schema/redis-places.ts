/** Settings of Redis where it is more than one server: who tells where it is. */
import { duration, flag, group, list, setting, text } from '../setting.js';

const ADDRESS = String.raw`(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):\d{1,5}`;

/** Checked in full by the room that uses them. */
const serverAddresses = () =>
  list(
    text('an address such as 10.0.0.7:6379', new RegExp(`^${ADDRESS}$`), 300),
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

export const cluster = group(
  {
    nodes: setting(
      serverAddresses(),
      'Some nodes of the Cluster, in place of url, host and sentinel; they name the others.',
      { aliases: ['REDIS_CLUSTER_NODES'] },
    ),
    reachedAt: setting(
      list(
        text(
          'two addresses such as 10.0.0.7:6379=203.0.113.7:16379',
          new RegExp(`^${ADDRESS}=${ADDRESS}$`),
          600,
        ),
        'a list of pairs such as 10.0.0.7:6379=203.0.113.7:16379',
        1_000,
      ).prefault([]),
      'Where nodes are found whose own addresses cannot be reached from here: announced=reached.',
    ),
    interval: setting(
      duration('100ms', '10m').prefault('10s'),
      'How often the nodes are asked who has which slots, when nothing else is a reason to.',
    ),
  },
  'Redis Cluster: each master has a pool of its own, and each key its master.',
);
