/** The router: each command to the node that has its key, and after it where it has moved. */
import type { ClusterNode } from './cluster-nodes.js';
import { REDIRECTIONS_MAX, Turns, type Turn, type TurnTools } from './cluster-turns.js';
import type { Argument, RedisReply } from './connection.js';
import type { Command } from './exclusive.js';
import { RedisFailure } from './failure.js';
import { keyOf, slotOf, splitOf, type Split } from './key-slot.js';
import { failureOf, type CallAllOptions, type CallOptions } from './sender.js';
import type { Operation, Tally } from './tally.js';

export interface RouterParts extends TurnTools {
  readonly readMs: number;
  readonly writeMs: number;
  /** For what no node was asked. */
  readonly tally: Tally;
}

interface Placed {
  readonly place: number;
  readonly command: Command;
}

interface Errand {
  readonly operation: Operation;
  readonly dueMs: number;
  readonly replies: RedisReply[];
}

export class Router {
  private readonly turns: Turns;

  constructor(private readonly parts: RouterParts) {
    this.turns = new Turns(parts);
  }

  call(
    operation: Operation,
    name: string,
    args: readonly Argument[],
    options: CallOptions = {},
  ): Promise<RedisReply> {
    const split = splitOf(name, args);
    if (split !== undefined) return this.callParts(operation, [name, ...args], split, options);
    const node = this.nodeFor(operation, name, args);
    if (node instanceof RedisFailure) return Promise.reject(node);
    const dueMs = this.dueMs(operation, options);
    return node.pool
      .call(operation, name, args, options)
      .catch((thrown: unknown) =>
        this.follow(failureOf(thrown), { node, asking: false }, dueMs, (next, waitMs) =>
          next.node.pool.call(operation, name, args, { ...options, waitMs, asking: next.asking }),
        ),
      );
  }

  /** In order where the keys lie in one slot; what lies elsewhere is asked at the same time. */
  async callAll(
    operation: Operation,
    commands: readonly Command[],
    options: CallAllOptions = {},
  ): Promise<readonly RedisReply[]> {
    const replies = new Array<RedisReply>(commands.length).fill(null);
    const errand: Errand = { operation, dueMs: this.dueMs(operation, options), replies };
    const groups = new Map<ClusterNode, Placed[]>();
    const works: Promise<RedisFailure | undefined>[] = [];
    for (const [place, command] of commands.entries()) {
      const [name, ...args] = command;
      const split = splitOf(name, args);
      const node = this.nodeFor(operation, name, args);
      if (split !== undefined) works.push(this.apart(errand, { place, command }, split, options));
      else if (node instanceof RedisFailure) {
        replies[place] = node;
        works.push(Promise.resolve(node));
      } else {
        const group = groups.get(node);
        if (group === undefined) groups.set(node, [{ place, command }]);
        else group.push({ place, command });
      }
    }
    for (const [node, group] of groups) {
      works.push(this.sendGroup(errand, { node, asking: false }, group, REDIRECTIONS_MAX));
    }
    const lost = await Promise.all(works);
    const [first] = lost;
    // As with one server: a connection that is lost is nobody's reply.
    if (first !== undefined && lost.every((one) => one !== undefined)) throw first;
    return replies;
  }

  /** Learns from what went wrong elsewhere, such as on a connection that is lent. */
  learn(failure: RedisFailure, from: ClusterNode): void {
    this.turns.after(failure, { node: from, asking: false });
  }

  /** The node to ask; without a key any will do. */
  nodeFor(
    operation: Operation,
    name: string,
    args: readonly Argument[],
  ): ClusterNode | RedisFailure {
    const { nodes, watch, tally } = this.parts;
    const place = keyOf(name, args);
    if (place.kind === 'whole-server') return new RedisFailure('rejected');
    const node = place.kind === 'key' ? nodes.owner(slotOf(place.key)) : nodes.any(operation);
    if (node !== undefined) return node;
    watch.doubt();
    tally.error(operation, watch.why());
    return new RedisFailure(watch.why());
  }

  private dueMs(operation: Operation, { waitMs }: Pick<CallOptions, 'waitMs'>): number {
    const { clock, readMs, writeMs } = this.parts;
    return clock.nowMs() + (waitMs ?? (operation === 'read' ? readMs : writeMs));
  }

  private async callParts(
    operation: Operation,
    [name, ...keys]: Command,
    { joining, parts }: Split,
    options: CallOptions,
  ): Promise<RedisReply> {
    const replies = await Promise.all(
      parts.map((places) =>
        this.call(
          operation,
          name,
          places.map((place) => keys[place] ?? ''),
          options,
        ),
      ),
    );
    if (joining === 'sum') return replies.reduce<number>((sum, one) => sum + Number(one), 0);
    const whole = new Array<RedisReply>(keys.length).fill(null);
    for (const [nth, places] of parts.entries()) {
      const values = replies[nth];
      if (!Array.isArray(values)) continue;
      for (const [at, place] of places.entries()) {
        whole[place] = (values as readonly RedisReply[])[at] ?? null;
      }
    }
    return whole;
  }

  private async apart(
    { operation, replies }: Errand,
    { place, command }: Placed,
    split: Split,
    options: CallAllOptions,
  ): Promise<undefined> {
    replies[place] = await this.callParts(operation, command, split, options).catch(failureOf);
    return undefined;
  }

  /** Answers the failure when nothing came back at all. */
  private async sendGroup(
    errand: Errand,
    turn: Turn,
    group: readonly Placed[],
    left: number,
  ): Promise<RedisFailure | undefined> {
    const { operation, replies } = errand;
    const waitMs = errand.dueMs - this.parts.clock.nowMs();
    let got: readonly RedisReply[];
    try {
      got = await turn.node.pool.callAll(
        operation,
        group.map(({ command }) => command),
        { waitMs, asking: turn.asking },
      );
    } catch (thrown) {
      const failure = failureOf(thrown);
      for (const { place } of group) replies[place] = failure;
      return failure;
    }
    const onward = new Map<string, { turn: Turn; group: Placed[] }>();
    for (const [nth, one] of group.entries()) {
      const reply = got[nth] ?? null;
      replies[one.place] = reply;
      const next = reply instanceof RedisFailure ? this.turns.after(reply, turn) : undefined;
      if (next === undefined || left === 0) continue;
      const name = `${next.node.server} ${next.asking}`;
      const others = onward.get(name);
      if (others === undefined) onward.set(name, { turn: next, group: [one] });
      else others.group.push(one);
    }
    for (const next of onward.values()) {
      if (!(await this.turns.mayGo(next.turn, turn, errand.dueMs))) continue;
      const fewer = next.turn.node === turn.node ? left : left - 1;
      const failure = await this.sendGroup(errand, next.turn, next.group, fewer);
      if (failure !== undefined && next.group.length === group.length) return failure;
    }
    return undefined;
  }

  private async follow(
    failure: RedisFailure,
    from: Turn,
    dueMs: number,
    send: (turn: Turn, waitMs: number) => Promise<RedisReply>,
  ): Promise<RedisReply> {
    let last = failure;
    let turn = from;
    for (let left = REDIRECTIONS_MAX; ;) {
      const next = this.turns.after(last, turn);
      // To ask the same node again is bounded by the time alone.
      if (next?.node !== turn.node) left -= 1;
      if (next === undefined || left < 0) throw last;
      if (!(await this.turns.mayGo(next, turn, dueMs))) throw last;
      turn = next;
      try {
        return await send(turn, dueMs - this.parts.clock.nowMs());
      } catch (thrown) {
        last = failureOf(thrown);
      }
    }
  }
}
