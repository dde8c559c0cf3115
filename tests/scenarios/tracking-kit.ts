/** What the tests of tracking share: gateways that hold the same answer and hear of changes. */
import { ask } from '../fakes/client.js';
import type { Owned } from '../fakes/origin.js';
import { untilEntries, type Node, type NodeOptions, type Scene } from './second-kit.js';

export const PATH = '/plain/a';
export const HIT = /; hit; .*detail=l1$/;

export async function stateOf(node: Node): Promise<unknown> {
  const { body } = await ask(node.running.operationsPort, '/health/ready');
  return (JSON.parse(body) as { parts: { redis_tracking: unknown } }).parts.redis_tracking;
}

export async function listening(scene: Scene, options?: NodeOptions): Promise<Node> {
  const node = await scene.node(options);
  await node.untilMetric('leyden_redis_tracking{state="on"}', 1);
  return node;
}

/** Which answer of the origin it is. */
export async function serialFrom(node: Node, path = PATH): Promise<number> {
  const { body } = await node.get(path);
  return (JSON.parse(body) as Owned).serial;
}

export const checksOf = (node: Node, outcome: string): Promise<number> =>
  node.metric(`leyden_tracked_checks_total{outcome="${outcome}"}`);

export const heardBy = (node: Node): Promise<number> =>
  node.metric('leyden_redis_tracking_keys_total');

/** Asks until something else comes, at most as long as the test may take. */
export async function untilSerial(node: Node, isIt: (serial: number) => boolean): Promise<number> {
  for (;;) {
    const serial = await serialFrom(node);
    if (isIt(serial)) return serial;
  }
}

/** Both hold the one answer that there is. Returns its key in Redis. */
export async function shared(scene: Scene, one: Node, other: Node): Promise<string> {
  await one.get(PATH);
  await untilEntries(scene, 1);
  await other.get(PATH);
  const [key = ''] = await scene.entries();
  return key;
}
