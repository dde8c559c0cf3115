/** Turns what the schema refuses into sentences: one plain sentence for each mistake. */
import type * as z from 'zod';
import { schema } from './schema/all.js';
import { type Path } from './walk.js';
/** A mistake at a path; `atName` when the name itself is wrong. */
export interface Complaint {
    readonly path: Path;
    readonly text: string;
    readonly atName: boolean;
    /** The setting that an unknown name probably meant. */
    readonly meant?: string;
}
/** What stands at a path of plain values. */
export declare function valueAt(value: unknown, path: Path): unknown;
export type Judgement = {
    readonly kind: 'good';
    readonly parsed: z.output<typeof schema>;
} | {
    readonly kind: 'refused';
    readonly complaints: readonly Complaint[];
};
/** Checks plain values against the schema. */
export declare function judge(input: unknown): Judgement;
/** Is there a group of settings at this path? An empty one in the file holds nothing, not null. */
export declare function isGroup(path: Path): boolean;
