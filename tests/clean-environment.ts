/** Runs before each test file. */
export {};
