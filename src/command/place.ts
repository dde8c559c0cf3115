/** Where the operations listener is, and with which token it is asked: the settings say both. */
import type { Settings } from '../../config/settings.js';
import type { OperationsPlace } from './operations-client.js';

export function placeOf(settings: Settings, operations: string | undefined): OperationsPlace {
  const { host, port, token } = settings.operations;
  // What listens everywhere is reached on this machine.
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const named = address.includes(':') ? `[${address}]` : address;
  return { url: operations ?? `http://${named}:${port}`, token };
}
