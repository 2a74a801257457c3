/** Search, learning and measurement for LLM reasoning: the curated surface. Every part has an import path of its own. */
export { extractAnswer } from './core/answer.ts';
export type { Limits } from './core/budget.ts';
export {
  BudgetExceededError,
  InputError,
  ModelError,
  ReasoningError,
  ToolError,
  VerifierError,
} from './core/errors.ts';
export type { Method } from './core/method.ts';
export type { Completion, Message, Model, SampleEvent, SampleRequest, Usage } from './core/model.ts';
export { complete } from './core/model.ts';
export type { Dataset, Problem, Question } from './core/problem.ts';
export type { Run } from './core/run.ts';
export type { Solution, Vote } from './core/solution.ts';
export type { Attempt, SolveOptions } from './core/solve.ts';
export { attempt, solve } from './core/solve.ts';
export type { Tool } from './core/tool.ts';
export type { Trace, TraceEvent } from './core/trace.ts';
export { foldTrace, traceUsage } from './core/trace.ts';
export type { Verdict, Verifier } from './core/verifier.ts';
export type { CompareOptions } from './evaluation/compare.ts';
export { compare } from './evaluation/compare.ts';
export { evaluate } from './evaluation/evaluate.ts';
export type { Report } from './evaluation/report.ts';
export { report } from './evaluation/report.ts';
export { renderTerminal } from './evaluation/report-terminal.ts';
export type { Row, RunRecord } from './evaluation/row.ts';
export { bestOfN } from './methods/best-of-n.ts';
export { chainOfThought } from './methods/chain-of-thought.ts';
export { direct } from './methods/direct.ts';
export { leastToMost } from './methods/least-to-most.ts';
export { programAided } from './methods/program-aided.ts';
export { selfConsistency } from './methods/self-consistency.ts';
export { selfRefine } from './methods/self-refine.ts';
export { treeOfThought } from './methods/tree-of-thought.ts';
export { openaiCompatible } from './models/openai-compatible.ts';
export { recorded, withRecording } from './models/recorded.ts';
export { scripted } from './models/scripted.ts';
export { withCache } from './models/with-cache.ts';
