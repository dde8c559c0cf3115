/** Reads a Dockerfile, as far as ours goes: its instructions, and those of the last stage. */

export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

export function instructionsOf(text: string): readonly Instruction[] {
  return text.split('\n').flatMap((line) => {
    const [, word, rest] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    return word === undefined || rest === undefined ? [] : [{ word, rest }];
  });
}

/** What stands after the last FROM: the image itself. */
export function lastStage(instructions: readonly Instruction[]): readonly Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM') + 1);
}

/** What stands between the first FROM and the second: how it is built. */
export function firstStage(instructions: readonly Instruction[]): readonly Instruction[] {
  const from = instructions.findIndex(({ word }) => word === 'FROM') + 1;
  const length = instructions.slice(from).findIndex(({ word }) => word === 'FROM');
  return instructions.slice(from, from + length);
}

/** The words of the list form; a text that is none throws. */
export const listOf = (text: string): readonly string[] => JSON.parse(text) as readonly string[];
