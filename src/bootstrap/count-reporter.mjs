/** A jest reporter that writes down how many tests passed and failed, for the last line. */
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  constructor() {
    this.path = process.env.JEST_COUNT_FILE;
    // What the tests start has no use for it.
    delete process.env.JEST_COUNT_FILE;
  }

  /** A file that could not be run at all has no tests to count: it is one failure. */
  onRunComplete(_contexts, results) {
    if (this.path === undefined) return;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    writeFileSync(this.path, JSON.stringify({ passed: results.numPassedTests, failed }));
  }
}
