/** Runs before each test file: no test sees the settings of somebody's real gateway or servers. */

/**
 * The variables that the gateway reads, and those of libpq, which the driver reads by itself.
 * `LEYDEN_TEST_*` belongs to the tests and stays.
 */
export const productVariables: readonly RegExp[] = [
  /^LEYDEN_(?!TEST_)/,
  /^(HOST|PORT|LOG_LEVEL|PG_DSN)$/,
  /^(OPERATIONS|REDIS|POSTGRES|MYSQL|NEO4J|HTTP_POOL|DB_POOL|ENERGY)_/,
  /^PG[A-Z]+$/,
];

/** Deletes them and says which there were. */
export function removeProductVariables(
  environment: Record<string, string | undefined>,
): readonly string[] {
  const removed = Object.keys(environment).filter((name) =>
    productVariables.some((pattern) => pattern.test(name)),
  );
  for (const name of removed) Reflect.deleteProperty(environment, name);
  return removed;
}

removeProductVariables(process.env);
