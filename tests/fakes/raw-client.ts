/** A client that says exactly the bytes it is told, and takes apart what comes back. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly version: string;
  readonly status: number;
  /** Lower-case names; repeated fields are joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** False when the connection ended before the body did. */
  readonly complete: boolean;
}

interface Cut {
  readonly body: string;
  readonly rest: string;
  readonly complete: boolean;
}

function cutChunks(text: string): Cut {
  let rest = text;
  let body = '';
  for (;;) {
    const line = /^([0-9a-f]+)[^\r\n]*\r\n/i.exec(rest);
    if (line === null) return { body, rest: '', complete: false };
    const size = Number.parseInt(line[1] ?? '', 16);
    rest = rest.slice(line[0].length);
    if (size === 0)
      return { body, rest: rest.replace(/^(?:[^\r\n]+\r\n)*\r\n/, ''), complete: true };
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}

function cutBody(status: number, headers: ReadonlyMap<string, string>, text: string): Cut {
  if (status < 200 || status === 204 || status === 304) {
    return { body: '', rest: text, complete: true };
  }
  if (headers.get('transfer-encoding') === 'chunked') return cutChunks(text);
  const length = Number(headers.get('content-length') ?? text.length);
  return { body: text.slice(0, length), rest: text.slice(length), complete: text.length >= length };
}

/** The answers in the order in which they came; `toHead` is true when they answer HEAD. */
export function answersIn(text: string, toHead = false): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    const lines = rest.slice(0, end < 0 ? undefined : end).split('\r\n');
    const start = /^HTTP\/(\d\.\d) (\d{3})/.exec(lines[0] ?? '');
    if (start === null) throw new Error(`not an HTTP answer: ${JSON.stringify(rest.slice(0, 80))}`);
    const headers = new Map<string, string>();
    for (const line of lines.slice(1)) {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      const value = line.slice(line.indexOf(':') + 1).trim();
      const before = headers.get(name);
      headers.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    const status = Number(start[2]);
    const behind = end < 0 ? '' : rest.slice(end + 4);
    const cut = toHead
      ? { body: '', rest: behind, complete: end >= 0 }
      : cutBody(status, headers, behind);
    answers.push({
      version: start[1] ?? '',
      status,
      headers,
      body: cut.body,
      complete: cut.complete && end >= 0,
    });
    rest = cut.rest;
  }
  return answers;
}

export interface RawClient {
  readonly socket: Socket;
  write(bytes: string | Buffer): void;
  /** All bytes so far, one character each. */
  text(): string;
  answers(): RawAnswer[];
  /** Waits until what has come is `enough`; rejects when the connection ends first. */
  until(enough: (answers: readonly RawAnswer[]) => boolean): Promise<RawAnswer[]>;
  /** Everything, once the other end has closed; a reset counts as closed. */
  closed(): Promise<RawAnswer[]>;
  /** The error code that ended the connection, if one did. */
  fault(): string | undefined;
  leave(): void;
}

export function rawClient(port: number, options: { halfOpen?: boolean } = {}): RawClient {
  const socket = connect({
    port,
    host: '127.0.0.1',
    allowHalfOpen: options.halfOpen ?? false,
    noDelay: true,
  });
  let text = '';
  let fault: string | undefined;
  let isClosed = false;
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    look();
  });
  socket.on('error', (thrown: NodeJS.ErrnoException) => {
    fault = thrown.code;
  });
  const finish = (): void => {
    isClosed = true;
    look();
  };
  socket.on('end', finish);
  socket.on('close', finish);

  const when = (test: () => boolean): Promise<RawAnswer[]> =>
    new Promise((resolve, reject) => {
      const watcher = (): void => {
        const isMet = test();
        if (!isMet && !isClosed) return;
        watchers.delete(watcher);
        if (isMet) resolve(answersIn(text));
        else reject(new Error(`closed (${fault ?? 'end'}) after: ${JSON.stringify(text)}`));
      };
      watchers.add(watcher);
      watcher();
    });

  return {
    socket,
    write: (bytes) => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    },
    text: () => text,
    answers: () => answersIn(text),
    until: (enough) => when(() => text.includes('\r\n\r\n') && enough(answersIn(text))),
    closed: () => when(() => isClosed),
    fault: () => fault,
    leave: () => {
      socket.destroy();
    },
  };
}

/** Sends one piece of bytes and waits until the server closes the connection. */
export async function exchange(port: number, bytes: string): Promise<RawAnswer[]> {
  const client = rawClient(port);
  client.write(bytes);
  const answers = await client.closed();
  client.leave();
  return answers;
}
