/** Weak secrets: the placeholders and patterns that people leave in place of something random. */

const PLACEHOLDER =
  /change.?me|change.?this|replace.?(me|this)|pass.?word|example|placeholder|your.?(token|secret|key)|insert.?(your|here)|(top|super|very).?secret|default/i;

/** Of 32 random hexadecimal digits, fewer than eight different ones come once in many millions. */
const DIFFERENT_MIN = 8;

/** Is it a placeholder, a few characters again and again, or a run such as 0123456789? */
export function isWeakToken(value: string): boolean {
  if (PLACEHOLDER.test(value)) return true;
  if (new Set(value).size < DIFFERENT_MIN) return true;
  if (/^(.{1,16}?)\1+.{0,15}$/s.test(value)) return true;
  let steps = 0;
  for (let at = 1; at < value.length; at += 1) {
    if (Math.abs(value.charCodeAt(at) - value.charCodeAt(at - 1)) === 1) steps += 1;
  }
  return steps > value.length * 0.7;
}
