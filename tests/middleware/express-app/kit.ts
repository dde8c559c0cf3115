/** Somebody's own Express app on a real port, and what a test asks of it. */
import { afterEach } from '@jest/globals';
import express, { type Express } from 'express';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cache } from '../../../src/index.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Closed after the test. */
export function kept<T extends { readonly cache: Cache }>(middleware: T): T {
  open.push(middleware.cache);
  return middleware;
}

export function keptCache(cache: Cache): Cache {
  open.push(cache);
  return cache;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

/** The port on which an app listens until the test is over. */
export async function listening(furnish: (app: Express) => void): Promise<number> {
  const app = express();
  furnish(app);
  const server = createServer(app);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  open.push({ close: () => closed(server) });
  return (server.address() as AddressInfo).port;
}

/** A promise that the test keeps when it wants to. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let letThrough: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  return {
    opened,
    open: () => {
      letThrough();
    },
  };
}
