import { type LikelihoodOptions, likelihoodTrainer } from './likelihood.ts';
import type { Trainer } from './trainer.ts';

/**
 * Supervised fine-tuning: the likelihood of the reply and its end, given the prompt (Ouyang et al. 2022, arXiv:2203.02155,
 * section 3.5). A batch's loss is the mean over its reply tokens, so long replies count more than short ones.
 */
export function sft(options: LikelihoodOptions): Trainer {
  return likelihoodTrainer(
    'sft',
    ({ ids, promptLength }) => new Float32Array(ids.length).fill(1, promptLength),
    options,
  );
}
