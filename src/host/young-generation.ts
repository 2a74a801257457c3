import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * V8 doubles its young generation as long as much survives in it, up to 32 MB and more twice over, and no program of ours is
 * faster for it beyond this.
 */
const MOST_MEGABYTES = 16;
/** A program that loads its modules seldom lets us look, and what survives there would let it double several times. */
const LOADING_MILLISECONDS = 1_000;

let mayGrow = true;
const watch = new PerformanceObserver(bound);

/**
 * Holds the young generation of this process near twice 16 MB, and where it is for the first second. V8 reads the limit itself
 * only when it starts, but the factor of growth before each growth: so that is 1 from the collection on that reached the size.
 */
export function boundYoungGeneration(): void {
  letGrow(false);
  setTimeout(() => {
    watch.observe({ entryTypes: ['gc'] });
    bound();
  }, LOADING_MILLISECONDS).unref();
}

/** Collections of a quiet time make it smaller, so that it may grow again. */
function bound(): void {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  letGrow((young?.space_size ?? 0) < 2 * MOST_MEGABYTES * 1024 * 1024);
}

function letGrow(may: boolean): void {
  if (may === mayGrow) return;
  mayGrow = may;
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`);
}
