/** Every limit of a listener, and what each of them usually is. */

export interface ListenLimits {
  /** For the head of a request, and for the first byte on a new connection. */
  readonly headersTimeoutMs: number;
  /** For a whole request, body included. */
  readonly requestTimeoutMs: number;
  /** Between two requests. */
  readonly keepAliveTimeoutMs: number;
  /** How often Node looks for requests that have run out of time. */
  readonly checkIntervalMs: number;
  /** Without progress while a client does not take its answer. */
  readonly writeTimeoutMs: number;
  /** How long, and how much, we read on after our last word on a connection. */
  readonly lingerMs: number;
  readonly lingerBytesMax: number;
  readonly connectionsMax: number;
  readonly headBytesMax: number;
  /** Requests in flight on one connection before we stop reading from it. */
  readonly pipelinedMax: number;
}

export const usualLimits: ListenLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  checkIntervalMs: 1_000,
  writeTimeoutMs: 30_000,
  lingerMs: 2_000,
  lingerBytesMax: 1_048_576,
  connectionsMax: 10_000,
  headBytesMax: 16_384,
  pipelinedMax: 64,
};
