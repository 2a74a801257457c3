import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import { lockRun } from './train-lock.ts';

const folder = temporaryFolder();

test('a run belongs to one living process at a time', async () => {
  const run = join(folder.path, 'run');
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  await once(other, 'spawn');
  folder.write('run/pid', `${other.pid}\n`);
  assert.throws(
    () => lockRun(run),
    (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, new RegExp(`Process ${other.pid} is training in`));
      return true;
    },
  );
  other.kill('SIGKILL');
  await once(other, 'exit');
  const unlock = lockRun(run);
  lockRun(run); // the same process, again
  unlock();
  assert.ok(!existsSync(join(run, 'pid')));
});

test('a mark that is no number counts for nothing', () => {
  folder.write('odd/pid', 'nobody');
  lockRun(join(folder.path, 'odd'))();
});
