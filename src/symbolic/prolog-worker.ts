import { serveWorker } from '../host/worker-pool.ts';
import { openAhead } from './prolog.ts';
import { serveProgram } from './serve-program.ts';

await openAhead(); // no program waits for Prolog to start, nor pays for it from its own time
serveWorker(serveProgram);
