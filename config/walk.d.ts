/** Walks the schema: what stands at a path, which settings there are, and what each value means. */
import type * as z from 'zod';
import { type SettingMeta } from './setting.js';
export type Path = readonly (string | number)[];
type Schema = z.core.$ZodType;
interface Node {
    readonly core: Schema;
    readonly meta: SettingMeta;
}
/** Takes the wrappers off (default, optional, transform); the outer marks win over the inner. */
export declare function unwrap(schema: Schema): Node;
/** The names in an object schema; undefined for any other. */
export declare function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | undefined;
/** The schema of what stands at `key` below another; of a union, that of the option that has it. */
export declare function childOf(schema: Schema, key: string | number): Schema | undefined;
/** The schema at a path, with the marks of the groups above it. */
export declare function schemaAt(root: Schema, path: Path): Node | undefined;
/** The marks that a group gives to its members. */
export declare function handedDown(from: SettingMeta, own: SettingMeta): SettingMeta;
export interface Leaf {
    readonly path: readonly string[];
    readonly schema: Schema;
    readonly meta: SettingMeta;
}
/** Every setting with a fixed name; of a map, those of the members whose names are given. */
export declare function leaves(root: Schema, members: (path: Path) => readonly string[], path?: readonly string[], inherited?: SettingMeta): Leaf[];
export {};
