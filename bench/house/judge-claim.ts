import { readFileSync } from 'node:fs';
import pg from 'pg';
import { judgeClaim } from '../../activities/ship-and-debit.ts';
import { createPool } from '../../adapters/store/pool.ts';
import { readWaitingClaim } from '../../adapters/store/ship-and-debit.ts';
import { addClaim } from '../../test/fixtures/agreements.ts';
import { claimFile } from '../parts/claims.ts';

/** Judges one claim of so many lines as the workers do, and says how long it took and the most memory it held. */

const [workerUrl = '', superuserUrl = '', lines = '0', seed = '0'] = process.argv.slice(2);
const NOW_MS = Date.parse('2026-04-02T09:00:05Z');

const db = new pg.Client({ connectionString: superuserUrl });
await db.connect();
await db.query('set session_replication_role = replica');
// The file comes from the generator: what is measured is the judging of it, not keeping it in a column.
await addClaim(db, { content: 'a file that is given piece by piece' });
await db.end();

const pool = createPool({ url: workerUrl, max: 2, applicationName: 'bench-claims', planOnce: true });
const claim = await readWaitingClaim(pool, NOW_MS);
if (claim === null) throw new Error('no claim waits');
const beganMs = performance.now();
const outcome = await judgeClaim(
  { pool },
  { claim, nowMs: NOW_MS, open: () => claimFile(Number(lines), Number(seed)) },
);
const seconds = (performance.now() - beganMs) / 1000;
if (outcome !== 'judged') throw new Error(`the claim is ${outcome}`);
await pool.end();
const peakKb = Number(/VmHWM:\s+(\d+) kB/u.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
process.stdout.write(JSON.stringify({ seconds, peakMb: peakKb / 1024 }));
