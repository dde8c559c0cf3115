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
  readonly evaluations: number;
}

/** The first particle starts at the origin, so that the result is never worse than no change. */
export function minimise(
  fitness: (place: readonly number[]) => number,
  random: RandomStream,
  options: SwarmOptions,
): SwarmFound {
  const { dimensions, min, max } = options;
  const axes = Array.from({ length: dimensions }, (_, axis) => axis);
  let evaluations = 0;
  const measure = (place: readonly number[]): number => {
    evaluations += 1;
    return fitness(place);
  };
  const particles: Particle[] = Array.from({ length: options.particles }, (_, at) => {
    const place = axes.map(() =>
      at === 0 ? clip(0, min, max) : min + (max - min) * random.uniform(),
    );
    return { place, speed: axes.map(() => 0), best: place, bestValue: measure(place) };
  });
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
      const value = measure(particle.place);
      if (value < particle.bestValue) {
        particle.best = particle.place;
        particle.bestValue = value;
      }
    }
  }
  const found = leader();
  return { best: found?.best ?? [], value: found?.bestValue ?? Infinity, evaluations };
}
