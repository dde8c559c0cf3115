/** A particle swarm: finds a low place of a function in a box without knowing its slope. */
import { clip } from './model/coefficients.js';
import type { RandomStream } from './model/random.js';

export interface SwarmOptions {
  readonly dimensions: number;
  readonly particles: number;
  readonly iterations: number;
  readonly min: number;
  readonly max: number;
}

interface Particle {
  place: number[];
  speed: number[];
  best: number[];
  bestValue: number;
}

const INERTIA = 0.7;
const PULL_OWN = 1.5;
const PULL_COMMON = 1.5;

export interface SwarmFound {
  readonly best: readonly number[];
  readonly value: number;
  /** What the origin was worth, so no change at all. */
  readonly valueBefore: number;
  readonly evaluations: number;
}

/**
 * The first particle starts at the origin, so that the result is never worse than no change. All
 * particles of a step are measured in one call, because many at once cost little more than one.
 */
export function minimise(
  fitness: (places: readonly (readonly number[])[]) => readonly number[],
  random: RandomStream,
  options: SwarmOptions,
): SwarmFound {
  const { dimensions, min, max } = options;
  const axes = Array.from({ length: dimensions }, (_, axis) => axis);
  const particles: Particle[] = Array.from({ length: options.particles }, (_, at) => {
    const place = axes.map(() =>
      at === 0 ? clip(0, min, max) : min + (max - min) * random.uniform(),
    );
    return { place, speed: axes.map(() => 0), best: place, bestValue: Infinity };
  });
  let evaluations = 0;
  const measureAll = (): readonly number[] => {
    const values = fitness(particles.map((particle) => particle.place));
    evaluations += values.length;
    for (const [at, particle] of particles.entries()) {
      const value = values[at] ?? Infinity;
      if (value >= particle.bestValue) continue;
      particle.best = particle.place;
      particle.bestValue = value;
    }
    return values;
  };
  const valueBefore = measureAll()[0] ?? Infinity;
  const leader = (): Particle | undefined =>
    particles.reduce<Particle | undefined>(
      (best, one) => (best === undefined || one.bestValue < best.bestValue ? one : best),
      undefined,
    );
  for (let step = 1; step < options.iterations; step += 1) {
    const common = leader()?.best ?? [];
    for (const particle of particles) {
      particle.speed = axes.map((axis) => {
        const at = particle.place[axis] ?? 0;
        const own = PULL_OWN * random.uniform() * ((particle.best[axis] ?? 0) - at);
        const others = PULL_COMMON * random.uniform() * ((common[axis] ?? 0) - at);
        return INERTIA * (particle.speed[axis] ?? 0) + own + others;
      });
      particle.place = axes.map((axis) =>
        clip((particle.place[axis] ?? 0) + (particle.speed[axis] ?? 0), min, max),
      );
    }
    measureAll();
  }
  const found = leader();
  return { best: found?.best ?? [], value: found?.bestValue ?? Infinity, valueBefore, evaluations };
}
