/** The environment of the tests: nothing of somebody's real gateway or servers is left in it. */
import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { productVariables, removeProductVariables } from '../clean-environment.js';

it.each([
  ...['LEYDEN_CONFIG', 'LEYDEN_SECRET_FILE', 'HOST', 'PORT', 'LOG_LEVEL', 'OPERATIONS_TOKEN'],
  ...['REDIS_URL', 'REDIS_POOL_MAX', 'PG_DSN', 'PGPASSWORD', 'PGHOST', 'POSTGRES_POOL_MAX'],
  ...['MYSQL_HOST', 'NEO4J_URI', 'HTTP_POOL_MAX', 'DB_POOL_MAX', 'ENERGY_AGENTS'],
])('%s is taken out of the environment before a test sees it', (name) => {
  const environment = { [name]: 'somebody' };
  expect(removeProductVariables(environment)).toEqual([name]);
  expect(environment).toEqual({});
});

it.each(['LEYDEN_TEST_REDIS_URL', 'LEYDEN_TEST_SEED', 'PATH', 'HOSTNAME', 'REPORT', 'PAGER'])(
  '%s stays',
  (name) => {
    expect(removeProductVariables({ [name]: 'kept' })).toEqual([]);
  },
);

it('neither a test nor a program that it starts sees such a variable', () => {
  const program = 'process.stdout.write(JSON.stringify(Object.keys(process.env)))';
  const names = JSON.parse(
    execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }),
  ) as string[];
  const seen = [...Object.keys(process.env), ...names];
  expect(seen.filter((name) => productVariables.some((one) => one.test(name)))).toEqual([]);
});
