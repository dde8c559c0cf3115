/** Many users who ask for the same paths at once, round after round; each knows his own answer. */
import { expect } from '@jest/globals';
import { ownerOf, type Origin, type Owned } from '../fakes/origin.js';
import { fieldOf, pipelinedClient } from '../fakes/pipelined-client.js';

export interface Rounds {
  readonly port: number;
  readonly origin: Origin;
  readonly users: number;
  /** So many requests of each user are on their way together. */
  readonly atOnce: number;
  readonly rounds: number;
}

export interface RoundsResult {
  readonly answers: number;
  readonly wrong: number;
  readonly failed: readonly string[];
}

/** Every tenth round is cold; the others find what the first of their ten has left. */
const ROUNDS_A_PATH = 10;

export async function askInRounds(asked: Rounds): Promise<RoundsResult> {
  const { port, origin, users, atOnce, rounds } = asked;
  const everybody = Array.from({ length: users }, (_, nth) => ({
    owner: ownerOf(`Bearer user-${nth}`),
    token: `Bearer user-${nth}`,
    client: pipelinedClient(port),
  }));
  let answers = 0;
  let wrong = 0;
  const failed = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const path = `/round/${Math.floor(round / ROUNDS_A_PATH)}`;
    const one = async ({ owner, token, client }: (typeof everybody)[number]): Promise<void> => {
      const host = `Host: 127.0.0.1:${port}`;
      const request = `GET ${path} HTTP/1.1\r\n${host}\r\nAuthorization: ${token}\r\n\r\n`;
      for (const { head, body } of await client.ask(Array(atOnce).fill(request))) {
        answers += 1;
        if (!head.startsWith('HTTP/1.1 200')) {
          failed.add(`${head.slice(0, 12)} ${body}`);
          continue;
        }
        const said = JSON.parse(body) as Owned;
        const isRight = said.owner === owner && fieldOf(head, 'x-owner') === owner;
        if (!isRight || said.target !== path) wrong += 1;
      }
    };
    await Promise.all(everybody.map(one));
    const isLast = round % ROUNDS_A_PATH === ROUNDS_A_PATH - 1;
    if (isLast) expect(origin.countOf(path)).toBe(users);
  }
  for (const { client } of everybody) client.close();
  return { answers, wrong, failed: [...failed] };
}
