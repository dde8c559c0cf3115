/** The door of a listener: a request passes the gate here, or gets its one answer. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import { describeThrown, type FailureCode } from '../errors.js';
import type { Log } from '../log.js';
import { Connection, connectionOf, type ConnectionCounters } from './connection.js';
import { allowValue, createGate, type Admitted, type Gate, type GateOptions } from './gate.js';
import type { OwnAddress } from './host.js';
import { removeInternalFields } from './internal-fields.js';
import type { ListenLimits } from './limits.js';
import { failureOf } from './parser-failure.js';
import { createRefuser, type Refuser } from './refuse.js';

/** Called for admitted requests only. It may throw: the caller then gets a 500. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  admitted: Admitted,
) => void;

export interface DoorTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly handler: Handler;
}

const noCounts = (): ConnectionCounters => ({
  accepted: 0,
  open: 0,
  requests: 0,
  inFlight: 0,
  refused: {},
  ignored: 0,
  dropped: 0,
  resets: 0,
  silent: 0,
  writeTimeouts: 0,
  forced: 0,
  acceptFaults: 0,
});

export class Door {
  readonly counters = noCounts();
  readonly connections = new Set<Connection>();
  draining = false;
  private gate: Gate | undefined;
  private refuser: Refuser | undefined;

  constructor(
    server: Server,
    private readonly limits: ListenLimits,
    private readonly tools: DoorTools,
  ) {
    server.on('connection', (socket: Socket) => {
      this.accept(socket);
    });
    const arrive = (request: IncomingMessage, response: ServerResponse): void => {
      this.arrive(request, response);
    };
    server.on('request', arrive);
    // With an Expect field Node asks here instead; the gate judges it as it judges the rest.
    server.on('checkContinue', arrive);
    server.on('checkExpectation', arrive);
    // There is no listener for `upgrade`, so that such requests are handled as plain ones.
    server.on('connect', (_request: IncomingMessage, stream: Socket) => {
      connectionOf(stream)?.fail('method_refused');
    });
    server.on('clientError', (fault: Error, stream: Socket) => {
      this.parserFailed(fault, stream);
    });
    server.on('timeout', (socket: Socket) => {
      this.timedOut(socket);
    });
    server.on('drop', () => {
      this.counters.dropped += 1;
    });
  }

  /** The gate knows its own address, and so cannot stand before the server has one. */
  changeGate(options: GateOptions, own: OwnAddress): void {
    this.gate = createGate(options, own);
    this.refuser = createRefuser(allowValue(options), this.tools.clock);
  }

  private accept(socket: Socket): void {
    const { limits } = this;
    this.counters.accepted += 1;
    this.counters.open += 1;
    const connection = new Connection(socket, {
      clock: this.tools.clock,
      counters: this.counters,
      lingerMs: limits.lingerMs,
      lingerBytesMax: limits.lingerBytesMax,
      pipelinedMax: limits.pipelinedMax,
      refusalBytes: (code) => this.refuser?.bytes(code) ?? Buffer.alloc(0),
    });
    this.connections.add(connection);
    socket.on('close', () => {
      this.connections.delete(connection);
    });
  }

  private arrive(request: IncomingMessage, response: ServerResponse): void {
    const connection = connectionOf(request.socket);
    if (connection === undefined || this.gate === undefined) return;
    if (connection.doomed) {
      connection.ignore();
      return;
    }
    this.counters.requests += 1;
    connection.begin(request, response, this.draining);
    const verdict = this.gate(request);
    if (verdict.kind === 'refused') {
      connection.refuseRest();
      this.refuse(response, verdict.code);
      return;
    }
    if (verdict.asksUpgrade) connection.endAfter(response);
    if (verdict.hasInternalFields) removeInternalFields(request);
    if (!verdict.hasBody && connection.deferred === 0) {
      this.handle(request, response, verdict);
      return;
    }
    // A body that is broken in the bytes at hand is found before this runs, and nobody has seen
    // its request. What is pipelined behind a deferred request must not overtake it.
    connection.deferred += 1;
    setImmediate(() => {
      connection.deferred -= 1;
      if (connection.hasFailedAt(request)) return;
      if (verdict.expectsContinue) response.writeContinue();
      this.handle(request, response, verdict);
    });
  }

  private handle(request: IncomingMessage, response: ServerResponse, admitted: Admitted): void {
    try {
      this.tools.handler(request, response, admitted);
    } catch (thrown) {
      this.tools.log.error('request.fault', describeThrown(thrown));
      if (response.headersSent) response.destroy();
      else this.refuse(response, 'internal');
    }
  }

  private refuse(response: ServerResponse, code: FailureCode): void {
    this.counters.refused[code] = (this.counters.refused[code] ?? 0) + 1;
    this.refuser?.answer(response, code);
  }

  private parserFailed(fault: Error, socket: Socket): void {
    const code = failureOf(fault);
    const connection = connectionOf(socket);
    if (code === undefined || connection === undefined) {
      // The other end broke off; the socket's own listener has counted it.
      socket.destroy();
    } else if (code === 'request_timeout' && socket.bytesRead === 0) {
      // Nothing was asked, so an answer would only be mistaken for that of the next request.
      this.counters.silent += 1;
      socket.destroy();
    } else {
      connection.fail(code);
    }
  }

  /** Nothing moved on the socket: its client does not read, or has nothing more to ask. */
  private timedOut(socket: Socket): void {
    const isComputing = (connectionOf(socket)?.inFlight ?? 0) > 0;
    if (socket.writableLength > 0) this.counters.writeTimeouts += 1;
    else if (isComputing) return;
    socket.destroy();
  }
}
