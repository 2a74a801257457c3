/** The statistics of a comparison: pure functions, each with its source. */
export {
  adjustedWald,
  type BootstrapOptions,
  LEAST_RESAMPLES,
  MOST_RESAMPLES,
  type PairedScores,
  pairedBootstrap,
  pairedDifferences,
} from './statistics/bootstrap.ts';
export { holm } from './statistics/holm.ts';
export { MOST_PROBLEMS, mcnemarExact, sampleSizeForDifference } from './statistics/mcnemar.ts';
export {
  type Interval,
  normalCdf,
  normalDeviate,
  normalQuantile,
  studentQuantile,
} from './statistics/normal.ts';
export { quantile } from './statistics/quantile.ts';
export {
  type AnswerCount,
  type MajorityOptions,
  majAtK,
  passAtK,
  passHatK,
} from './statistics/repeated-samples.ts';
export { signFlip } from './statistics/sign-flip.ts';
export { wilson, wilsonOfMeans } from './statistics/wilson.ts';
