/** @jest-config-loader esbuild-register */
// How the tests run: TypeScript through swc, as ES modules, two workers for two cores.
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  reporters: ['default', '<rootDir>/src/bootstrap/count-reporter.mjs'],
  testTimeout: 60_000,
  maxWorkers: 2,
  globalSetup: '<rootDir>/tests/setup.ts',
  setupFiles: ['<rootDir>/tests/clean-environment.ts'],
};

export default config;
