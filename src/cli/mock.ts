import { Command } from 'commander';
import { InputError } from '../core/errors.ts';
import { wholeNumber } from './options.ts';

/** `reckon mock`: a scripted model behind a real OpenAI-compatible server, to try everything without a key. */
export function mockCommand(): Command {
  return new Command('mock')
    .description('Serve a scripted model over the OpenAI protocol on this machine.')
    .option('-p, --port <n>', 'port on 127.0.0.1; 0 picks a free one', wholeNumber(0, 65535), 4142)
    .option('--error-rate <p>', 'chance that a sample answers wrongly, in [0, 1]', share, 0.3)
    .option('--latency <ms>', 'milliseconds before each answer', wholeNumber(0, 600_000), 0)
    .option(
      '--fault-rate <p>',
      'chance that a call meets a fault (429, 500, resets, cut streams …), in [0, 1]',
      share,
      0,
    )
    .option('--seed <n>', 'decides which calls err', wholeNumber(0, 2 ** 31 - 1), 0)
    .action(
      async (flags: {
        port: number;
        errorRate: number;
        latency: number;
        faultRate: number;
        seed: number;
      }) => {
        const { scriptedServer, faultKinds } = await import('../models/scripted-server.ts');
        const { noisyAnswer } = await import('../models/noisy-solver.ts');
        const server = await scriptedServer({
          port: flags.port,
          answer: noisyAnswer({ errorRate: flags.errorRate, seed: flags.seed }),
          latencyMilliseconds: flags.latency,
          ...(flags.faultRate > 0 && {
            faults: { rate: flags.faultRate, seed: flags.seed, kinds: faultKinds },
          }),
        });
        console.log(`${server.url}/v1#noisy-solver`);
        console.error('Answers sums like "What is 17 + 25 * 3?", some of them wrongly. Ctrl-C stops it.');
        process.once('SIGINT', () => void server.close());
      },
    );
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InputError(`A rate is ${text}; it must lie in [0, 1]`);
  return value;
}
