/** Connections to one origin: how a socket is opened, and the client that sends over it. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client, type Dispatcher, type buildConnector } from 'undici';
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';

export interface ConnectOptions {
  /** From the look-up of the name to the end of the TLS handshake. */
  readonly connectMs: number;
  /** Certificates that are trusted instead of the system's, as PEM text. */
  readonly ca: string | undefined;
}

const KEEP_ALIVE_PROBE_MS = 60_000;

function openSocket(target: buildConnector.Options, ca: string | undefined): Socket {
  const host = target.hostname;
  if (target.protocol !== 'https:') {
    return connectTcp({ host, port: Number(target.port === '' ? 80 : target.port) });
  }
  return connectTls({
    host,
    port: Number(target.port === '' ? 443 : target.port),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    // No other protocol is ever offered, so none can be chosen.
    ALPNProtocols: ['http/1.1'],
  });
}

export function openConnector(
  options: ConnectOptions,
  clock: Clock,
  whenOpen: (socket: Socket) => void,
): buildConnector.connector {
  return (target, callback) => {
    const socket = openSocket(target, options.ca);
    let waiting = true;
    const fail = (failure: Failure): void => {
      if (!waiting) return;
      waiting = false;
      timer.cancel();
      socket.destroy();
      callback(failure, null);
    };
    const timer = clock.after(options.connectMs, () => {
      fail(new Failure('connect_timeout'));
    });
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    socket.once(target.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      if (!waiting) return;
      waiting = false;
      timer.cancel();
      whenOpen(socket);
      callback(null, socket);
    });
    socket.on('error', (error) => {
      fail(new Failure('connect', { cause: error }));
    });
    socket.once('close', () => {
      fail(new Failure('connect'));
    });
  };
}

export interface LineOptions extends Dispatcher.DispatchOptions {
  /** Tells which line an exchange was given to. */
  readonly taken?: (line: Line) => void;
}

/** A client with one socket, which it replaces when it has to; it knows whether one is fresh. */
export class Line extends Client {
  /** Exchanges begun on the socket that is open now. */
  exchanges = 0;

  override dispatch(options: LineOptions, handler: Dispatcher.DispatchHandler): boolean {
    options.taken?.(this);
    return super.dispatch(options, handler);
  }
}

export interface LineSettings extends ConnectOptions {
  readonly keepAliveMs: number;
  readonly headBytesMax: number;
}

export function openLine(
  origin: string | URL,
  settings: LineSettings,
  clock: Clock,
  whenOpen: (socket: Socket) => void,
): Line {
  const connect = openConnector(settings, clock, (socket) => {
    line.exchanges = 0;
    whenOpen(socket);
  });
  const line: Line = new Line(origin, {
    connect,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: settings.headBytesMax,
    keepAliveTimeout: settings.keepAliveMs,
    // A server's own hint may only shorten the time.
    keepAliveMaxTimeout: settings.keepAliveMs,
    // Its timers tick every half second and are not ours to turn: the exchange keeps the limits.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return line;
}
