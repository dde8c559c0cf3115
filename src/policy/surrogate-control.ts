/** Surrogate-Control as the Edge Architecture note spells it: directives, each with a target. */
import type { Directive } from './directives.js';

/** The name by which an origin can speak to us alone; we give it in Surrogate-Capability. */
export const SURROGATE_TARGET = 'leyden';
export const SURROGATE_CAPABILITY = `${SURROGATE_TARGET}="Surrogate/1.0"`;

const MEMBER = /^([A-Za-z0-9-]+)(?:=("?)([^",;]*)\2)?(?:;\s*([A-Za-z0-9._-]+))?$/;

/** The directives for us, in order; undefined when there is none or the field cannot be read. */
export function surrogateDirectives(lines: readonly string[]): readonly Directive[] | undefined {
  const ours: Directive[] = [];
  for (const text of lines.flatMap((line) => line.split(','))) {
    const member = text.trim();
    if (member === '') continue;
    const found = MEMBER.exec(member);
    if (found === null) return undefined;
    const [, name = '', , value, target] = found;
    // What is said to another device is not said to us.
    if (target !== undefined && target.toLowerCase() !== SURROGATE_TARGET) continue;
    ours.push({ name: name.toLowerCase(), value });
  }
  return ours.length === 0 ? undefined : ours;
}
