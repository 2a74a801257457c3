import { serveWorker } from '../host/worker-pool.ts';
import { serveProgram } from './serve-program.ts';

serveWorker(serveProgram);
