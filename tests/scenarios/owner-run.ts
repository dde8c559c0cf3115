/** The run of the owners: asked again and again, while one thing after another goes wrong. */
import { seededRandom } from '../servers/faults.js';
import { shuffled, troubles } from './owner-faults.js';
import { openOwnerScene, type OwnerScene, type Sums } from './owner-kit.js';

export interface OwnerRun {
  readonly nodes: number;
  readonly answersMin: number;
  readonly seed: number;
}

export interface OwnerResult extends Readonly<Sums> {
  readonly evidence: readonly string[];
  /** What went wrong at least once. */
  readonly troubles: ReadonlySet<string>;
}

const ROUNDS_IN_TROUBLE = 3;
/** Between two troubles; fewer when all nodes have had answers from Redis again. */
const ROUNDS_BETWEEN_MAX = 8;

/** Until each node has had an answer from Redis. */
async function recover({ nodes, round }: OwnerScene, roundsMax: number): Promise<void> {
  const well = new Set<number>();
  for (let nth = 0; nth < roundsMax && well.size < nodes.length; nth += 1) {
    for (const at of await round()) well.add(at);
  }
}

/** The limit of the test ends it where a node does not come back to Redis in the end. */
export async function runOwners({ nodes, answersMin, seed }: OwnerRun): Promise<OwnerResult> {
  const random = seededRandom(seed);
  const scene = await openOwnerScene(nodes, seed, random);
  const seen = new Set<string>();
  try {
    await recover(scene, Infinity);
    while (seen.size < troubles.length || scene.sums.answered < answersMin) {
      for (const { name, begin, end } of shuffled(troubles, random)) {
        await begin(scene);
        seen.add(name);
        for (let nth = 0; nth < ROUNDS_IN_TROUBLE; nth += 1) await scene.round();
        await end(scene);
        await recover(scene, ROUNDS_BETWEEN_MAX);
      }
    }
    await recover(scene, Infinity);
    // And purges reach everybody again.
    const { everywhere } = scene.sums;
    while (scene.sums.everywhere === everywhere) await scene.round();
    return { ...scene.sums, evidence: scene.evidence, troubles: seen };
  } finally {
    await scene.close();
  }
}

/** One line for whoever wants to have the same run again. */
export function told(
  { seed, nodes }: OwnerRun,
  { evidence, troubles: seen, ...sums }: OwnerResult,
) {
  const numbers = Object.entries(sums).map(([name, value]) => `${value} ${name}`);
  const run = `LEYDEN_TEST_SEED=${seed}, ${nodes} nodes, ${seen.size} troubles`;
  return `owners: ${run}: ${numbers.join(', ')}; ${evidence.length} to look at\n`;
}

export function seedFor(otherwise: number): number {
  return Number(process.env['LEYDEN_TEST_SEED'] ?? otherwise);
}
