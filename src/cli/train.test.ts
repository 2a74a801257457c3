/** What `reckon train` refuses before it trains. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Command } from 'commander';
import { toyModel, toyTrainer } from '../../test/fixtures/toy-trainer.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import { OBJECTIVES } from '../training/objectives.ts';
import { train } from '../training/train.ts';
import { trainCommand } from './train.ts';

const folder = temporaryFolder();
const state = folder.path;
const policy = join(state, 'training', 'toy');

function reckonTrain(...args: string[]): Promise<unknown> {
  const program = new Command('reckon').exitOverride().addCommand(trainCommand('0'));
  return program.parseAsync(['train', ...args, '--state', state], { from: 'user' });
}

before(async () => {
  await train({ trainer: toyTrainer({ steps: 1 }), model: toyModel, folder: policy });
  const config = {
    run: 'toy',
    settings: { objective: 'pretrain', options: {} },
    versions: {},
    startedAt: '',
  };
  folder.write('training/toy/config.json', JSON.stringify(config));
  folder.write('training/damaged/config.json', '{"run":');
  folder.write('held.jsonl', '{"question":"What is 1 + 1?","answer":2}\n');
  folder.write('negative.json', '{"mixture":[{"dataset":"letters","method":"direct","weight":-1}]}');
  folder.write('grpo-only.json', '{"stages":[{"objective":"grpo","dataset":"letters"}]}');
  folder.write(
    'unknown.json',
    '{"stages":[{"objective":"sft","momentum":1}],"mixture":[{"dataset":"letters","method":"direct","weight":1}]}',
  );
  folder.write('twice.json', '{"seed":1,"seed":2}');
});

const from = ['--from', policy];
const sft = ['sft', '-d', 'letters', ...from];

const refusals: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  'no dataset': [['sft'], /Say what to train on: --dataset countdown.*--recipe/],
  'an unknown dataset': [['grpo', '-d', 'cowntdown', ...from], /no dataset "cowntdown"; there are countdown/],
  'an unknown method': [
    ['grpo', '-d', 'letters', '-m', 'direkt', ...from],
    /no method "direkt"; there are direct/,
  ],
  'lessons of a dataset that is not generated': [['sft', '-d', 'gsm8k', ...from], /gsm8k is not generated/],
  'lessons of a file': [['sft', '-d', 'held.jsonl', ...from], /"held.jsonl" is no generated dataset/],
  'a method that cannot be taught': [
    ['sft', '-d', 'letters', '-m', 'sc@8', ...from],
    /"self-consistency" cannot be taught/,
  ],
  'no train split': [['grpo', '-d', join(state, 'held.jsonl'), ...from], /has no train split, only test/],
  'two datasets for grpo': [['grpo', '-d', 'letters,countdown', ...from], /one dataset at a time/],
  'no checkpoint': [['sft', '-d', 'letters', '--from', join(state, 'nowhere')], /There is no checkpoint in/],
  'a number out of range': [
    ['grpo', '-d', 'letters', '--group-size', '1', ...from],
    /groupSize of grpo is "1".*from 2 to 1024/,
  ],
  'no number': [[...sft, '--learning-rate', 'high'], /learningRate of sft is "high".*from 1e-8 to 1/],
  'a word that is none of the choices': [
    [...sft, '--schedule', 'linear'],
    /schedule of sft is "linear".*cosine, constant/,
  ],
  'a shape that cannot be': [
    ['pretrain', '-d', 'letters', '--width', '10', '--heads', '4'],
    /width 10 does not give 4 heads/,
  ],
  'rows longer than the context': [
    [...sft, '--length', '9'],
    /length is 9; the model reads at most 8 tokens/,
  ],
  'a name that leaves the folder': [[...sft, '--name', '../out'], /cannot be named "..\/out"/],
  'a run that is there': [[...sft, '--name', 'toy'], /a run toy already.*--resume/],
  'nothing to resume': [['grpo', '--resume', 'nothing'], /no run nothing/],
  'no run of the objective': [['grpo', '--resume'], /no run of grpo to resume/],
  'a run of another objective': [
    ['sft', '--resume', 'toy'],
    /toy is pretrain; write reckon train pretrain --resume toy/,
  ],
  'another batch for a run': [['pretrain', '--resume', 'toy', '--rows', '5'], /rows belongs to the run/],
  'another seed for a run': [['pretrain', '--resume', 'toy', '--seed', '5'], /seed belongs to the run/],
  'a damaged run': [['pretrain', '--resume', 'damaged'], /config.json is damaged/],
  'no such recipe': [['sft', '--recipe', join(state, 'none.json')], /Cannot read .*none.json/],
  'a negative weight': [
    ['sft', '--recipe', join(state, 'negative.json')],
    /no recipe for training at mixture.0.weight/,
  ],
  'a key that occurs twice': [['sft', '--recipe', join(state, 'twice.json')], /"seed" occurs twice/],
  'a recipe without the stage': [
    ['sft', '--recipe', join(state, 'grpo-only.json')],
    /has no stage sft; it has grpo/,
  ],
  'a dataset beside a recipe': [
    ['sft', '--recipe', join(state, 'unknown.json'), '-d', 'letters'],
    /leave out --dataset, or the recipe/,
  ],
  'an option that no stage has': [
    ['sft', '--recipe', join(state, 'unknown.json'), ...from],
    /sft has no option "momentum"/,
  ],
};

describe('refused with one sentence', () => {
  for (const [what, [args, message]] of Object.entries(refusals))
    test(what, async () => {
      await assert.rejects(reckonTrain(...args), (error: Error) => {
        assert.ok(error instanceof InputError, `${error.name}: ${error.message}`);
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      });
    });
});

test('the help of each objective names every option with its range and default', () => {
  for (const command of trainCommand('0').commands) {
    const help = command.helpInformation().replace(/\s+/g, ' ');
    const { options } = OBJECTIVES[command.name() as keyof typeof OBJECTIVES];
    for (const { type, minimum, maximum, default: preset } of Object.values(options)) {
      const range = typeof type === 'string' ? `${minimum} to ${maximum}` : type.join(', ');
      assert.ok(help.includes(`(${range}${preset === undefined ? '' : `; default ${preset}`})`), range);
    }
  }
});
