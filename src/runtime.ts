/** The runtime: until when this version of Node gets security fixes. */

/** The last day of each line, as the Node.js release schedule gives it. */
const LAST_DAYS: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
};

export function isEndOfLife(version: string, wallMs: number): boolean {
  const lastDay = LAST_DAYS[Number(version.replace(/^v/, '').split('.')[0])];
  return lastDay !== undefined && Date.parse(lastDay) < wallMs;
}
