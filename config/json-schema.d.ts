export declare function jsonSchema(): Record<string, unknown>;
