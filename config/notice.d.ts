import type { Settings } from './settings.js';
/** Settings that are set and checked, but have no effect in this version. */
export declare function notYetSet(settings: Settings): readonly string[];
/** One sentence for each thing that is allowed and probably not meant. */
export declare function settingsWarnings(settings: Settings): readonly string[];
