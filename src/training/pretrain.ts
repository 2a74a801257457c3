import { type LikelihoodOptions, likelihoodTrainer } from './likelihood.ts';
import type { Trainer } from './trainer.ts';

/**
 * Next-token prediction over whole conversations, prompts included (Radford et al. 2018). Deviation: conversations are packed
 * into rows without attending to each other, where GPT lets them.
 */
export function pretrain(options: LikelihoodOptions): Trainer {
  return likelihoodTrainer('pretrain', ({ ids }) => new Float32Array(ids.length).fill(1), options);
}
