import type { Settings } from './settings.js';
import type { Complaint } from './judge.js';
/** An address that only this machine can reach. */
export declare function isLoopback(host: string): boolean;
/** Everything that cannot hold together. */
export declare function contradictions(settings: Settings, exists: (path: string) => boolean): readonly Complaint[];
