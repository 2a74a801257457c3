import { readFileSync } from 'node:fs';

/** How often a watched process is measured. */
const INTERVAL_MILLISECONDS = 20;
const PAGE_BYTES = 4096; // statm counts pages; 4 KiB on x64 and on most arm64 kernels

/** Resident memory of a process in MiB; undefined where the system does not tell (not Linux) or the process is gone. */
export function residentMiB(processId: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${processId}/statm`, 'latin1').split(' ')[1]);
    return (pages * PAGE_BYTES) / 2 ** 20;
  } catch {
    return undefined; // gone, or a system without /proc
  }
}

/** Calls `exceeded` once when a process holds more than `limitMiB`; the returned function ends the watch. Linux only. */
export function watchMemory(processId: number, limitMiB: number, exceeded: () => void): () => void {
  const timer = setInterval(() => {
    if ((residentMiB(processId) ?? 0) <= limitMiB) return;
    clearInterval(timer);
    exceeded();
  }, INTERVAL_MILLISECONDS);
  return () => clearInterval(timer);
}
