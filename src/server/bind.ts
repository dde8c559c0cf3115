/** Binds a server to its address, or says in one plain sentence why that cannot be. */
import type { Server } from 'node:net';
import { OperatorError } from '../errors.js';
import type { OwnAddress } from './host.js';

export interface BindOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Connections that the kernel holds until we accept them. */
  readonly backlog: number;
  /** What an operator would change, such as `server.port (PORT)`. */
  readonly settings: { readonly host: string; readonly port: string };
}

function sentenceFor(code: string, { host, port, settings }: BindOptions): string {
  switch (code) {
    case 'EADDRINUSE':
      return (
        `Port ${port} on ${host} is already in use by another program; ` +
        `stop that one, or set ${settings.port} to another port (0 picks a free one).`
      );
    case 'EACCES':
    case 'EPERM':
      return (
        `No permission to listen on port ${port} of ${host}; ` +
        `set ${settings.port} to a port of 1024 or above.`
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return (
        `Cannot listen on ${host} port ${port}, for this machine has no such address; ` +
        `set ${settings.host} to one that it has, such as 127.0.0.1.`
      );
    case 'ERR_SOCKET_BAD_PORT':
      return `Port ${port} for ${host} does not exist; set ${settings.port} to 0 up to 65535.`;
    default:
      return (
        `Cannot listen on ${host} port ${port} (${code}); ` +
        `check ${settings.host} and ${settings.port}.`
      );
  }
}

function codeOf(thrown: unknown): string {
  const isObject = typeof thrown === 'object' && thrown !== null;
  const code: unknown = isObject && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

export function bind(server: Server, options: BindOptions): Promise<OwnAddress> {
  return new Promise((resolve, reject) => {
    const fail = (thrown: unknown): void => {
      reject(new OperatorError(sentenceFor(codeOf(thrown), options)));
    };
    server.once('error', fail);
    try {
      server.listen({ host: options.host, port: options.port, backlog: options.backlog }, () => {
        server.off('error', fail);
        const own = server.address();
        if (own === null || typeof own === 'string') fail(undefined);
        else resolve({ address: own.address, port: own.port });
      });
    } catch (thrown) {
      fail(thrown);
    }
  });
}
