/** The kinds of setting: what each accepts, and what the documents and the sentences say of it. */
import * as z from 'zod';
export type SettingKind = 'text' | 'integer' | 'flag' | 'duration' | 'size' | 'percent' | 'choice' | 'list'
/** One text, or a list of them. */
 | 'texts';
/** What is known of a setting beside its type; a group hands its marks down to its members. */
export interface SettingMeta {
    readonly kind?: SettingKind;
    /** Completes the sentence "NAME must be …". */
    readonly must?: string;
    readonly description?: string;
    /** Never shown, in no dump and no sentence; it may also come from a file that `*_FILE` names. */
    readonly secret?: boolean;
    /** An address that may carry a password before its `@`. */
    readonly address?: boolean;
    /** Accepted and checked, but without effect in this version. */
    readonly notYet?: boolean;
    /** Takes effect when the file is reloaded; all others need a restart. */
    readonly live?: boolean;
    /** Other environment names for the same setting. */
    readonly aliases?: readonly string[];
    /** Other environment names, whose plain numbers are seconds. */
    readonly secondsAliases?: readonly string[];
}
export declare const settingMeta: z.core.$ZodRegistry<SettingMeta, z.core.$ZodType<unknown, unknown, z.core.$ZodTypeInternals<unknown, unknown>>>;
/** Gives a schema its description and marks. */
export declare function setting<S extends z.ZodType>(schema: S, description: string, marks?: Omit<SettingMeta, 'description'>): S;
/** A group of settings; unknown names in it are refused. */
export declare function group<Shape extends z.core.$ZodLooseShape>(shape: Shape, description: string, marks?: Omit<SettingMeta, 'description'>): z.ZodPrefault<z.ZodObject<{ -readonly [P in keyof Shape]: Shape[P]; }, z.core.$strict>>;
export declare function duration(min?: string, max?: string): z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>;
export declare function size(min?: string, max?: string): z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>;
export declare function percent(): z.ZodPipe<z.ZodType<string | number, string | number, z.core.$ZodTypeInternals<string | number, string | number>>, z.ZodTransform<number, string | number>>;
export declare function integer(min: number, max: number): z.ZodInt;
export declare function flag(): z.ZodBoolean;
export declare function choice<const Word extends string>(words: readonly Word[], must?: string): z.ZodEnum<{ [k_1 in Word]: k_1; } extends infer T ? { [k in keyof T]: T[k]; } : never>;
/** A text that matches; `must` says in words what the pattern means. */
export declare function text(must: string, pattern: RegExp, charsMax?: number): z.ZodString;
/** A text that a predicate accepts. */
export declare function textThat(must: string, accepts: (text: string) => boolean, charsMax?: number): z.ZodString;
/** A path of the file system; relative ones start at the folder of the settings file. */
export declare function filePath(): z.ZodString;
export declare function list<S extends z.ZodType>(element: S, must: string, countMax?: number): z.ZodArray<S>;
/** One of several shapes; `must` describes them all. */
export declare function either<const Options extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(options: Options, must: string): z.ZodUnion<Options>;
