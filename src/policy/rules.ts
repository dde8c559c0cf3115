/** The rules: which route a request matches, first match wins, and what its words mean. */

export interface FieldEdits {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** A lifetime rule as the settings say it; times are milliseconds, sizes are bytes. */
export interface CacheOptions {
  readonly ttl: number;
  readonly origin: 'override' | 'default' | 'cap';
  /** One lifetime for every error that may be kept, or one per status or class (`404`, `5xx`). */
  readonly errorTtl: number | Readonly<Record<string, number>>;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly query: 'exact' | 'sorted' | readonly string[];
  readonly headers: readonly string[];
  readonly cookies: 'bypass' | 'drop' | readonly string[];
  readonly authorization: 'own' | 'shared' | 'bypass';
  readonly tags: readonly string[];
  readonly maxBytes: number;
  readonly abandon: boolean;
  readonly clientTtl: number;
}

/** A route as the settings say it. */
export interface RouteOptions {
  readonly path: string;
  readonly upstream: string;
  readonly methods: readonly string[] | 'any';
  readonly strip?: string | undefined;
  readonly request: FieldEdits;
  readonly response: FieldEdits;
  readonly cache?: 'http' | CacheOptions | undefined;
}
