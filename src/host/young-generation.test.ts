import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const HERE = new URL('./young-generation.ts', import.meta.url).href;

/** Bytes of the young generation after much has survived in it for so long, and a while at the least. */
function youngBytes(before: string, milliseconds: number): number {
  const program = `
    ${before}
    const { getHeapSpaceStatistics } = await import('node:v8');
    let kept = [];
    for (let round = 0; performance.now() < ${milliseconds} || round < 1_500; round++) {
      for (let item = 0; item < 2_000; item++) kept.push({ round, item });
      if (kept.length > 400_000) kept = kept.slice(200_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`;
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }),
  );
}

test('the young generation stays near its bound, where it would have grown further', () => {
  const bounded = youngBytes(`(await import(${JSON.stringify(HERE)})).boundYoungGeneration();`, 2_000);
  const free = youngBytes('', 0);
  assert.ok(bounded <= 34e6, `${bounded} bytes`);
  assert.ok(free > bounded, `${free} bytes without the bound`);
});
