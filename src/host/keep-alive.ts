/** `setInterval` cannot wait longer. */
const LONGEST_INTERVAL_MILLISECONDS = 2 ** 31 - 1;

/** Keeps this process from ending while `work` is not settled, though all it waits for is unreferenced. */
export async function keepAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONGEST_INTERVAL_MILLISECONDS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
