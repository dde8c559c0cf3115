/** A cheap client for very many requests: several at once on one connection, answers in order. */
import { connect, type Socket } from 'node:net';

export interface PipelinedAnswer {
  readonly status: number;
  /** The head as it came, with its last line end. */
  readonly head: string;
  readonly body: string;
}

export interface PipelinedClient {
  /** Asks for all of them at once; each text is a whole request. */
  ask(requests: readonly string[]): Promise<readonly PipelinedAnswer[]>;
  close(): void;
}

const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

export function fieldOf(head: string, name: string): string | undefined {
  return new RegExp(`\r\n${name}: ([^\r]*)\r\n`, 'i').exec(head)?.[1];
}

/** Answers with a Content-Length only: anything else is a fault of the test. */
export function pipelinedClient(port: number): PipelinedClient {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let text = '';
  let answers: PipelinedAnswer[] = [];
  let wanted = 0;
  let done: ((answers: readonly PipelinedAnswer[]) => void) | undefined;
  let fail: ((thrown: Error) => void) | undefined;
  const broken = (): void => {
    fail?.(new Error(`the connection ended after ${answers.length} of ${wanted} answers`));
  };
  socket.setEncoding('latin1');
  socket.on('error', broken).on('close', broken);
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (;;) {
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) break;
      const head = text.slice(0, end + 2);
      const length = Number(LENGTH.exec(head)?.[1] ?? Number.NaN);
      if (Number.isNaN(length)) {
        socket.destroy(new Error(`no length: ${head}`));
        return;
      }
      if (text.length < end + 4 + length) break;
      answers.push({
        status: Number(head.slice(9, 12)),
        head,
        body: text.slice(end + 4, end + 4 + length),
      });
      text = text.slice(end + 4 + length);
    }
    if (answers.length === wanted) done?.(answers);
  });
  return {
    ask(requests) {
      answers = [];
      wanted = requests.length;
      return new Promise((resolve, reject) => {
        done = resolve;
        fail = reject;
        socket.write(requests.join(''), 'latin1');
      });
    },
    close() {
      fail = undefined;
      socket.destroy();
    },
  };
}
