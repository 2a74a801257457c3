/** Every bound of the server in one place. A request over one of them is answered with 400, 413 or 429 and calls nothing. */

export const MOST_BODY_BYTES = 8 * 1024 * 1024;
/** Bodies of all requests at work; a body of unknown length counts as the longest. */
export const MOST_BODIES_BYTES = 512 * 1024 * 1024;
export const MOST_JSON_DEPTH = 100;
/** Values of one body, counting every key and element. */
export const MOST_JSON_VALUES = 200_000;

export const MOST_MESSAGES = 2_048;
export const MOST_PARTS = 256; // of one message
export const MOST_IMAGES = 64; // of one request
export const MOST_TOOLS = 128;
export const MOST_TOOL_CALLS = 128; // of one message
export const MOST_STOPS = 4;
export const MOST_STOP_CHARACTERS = 1_000;
export const MOST_TOP_LOGPROBS = 20;
export const MOST_COMPLETION_TOKENS = 10_000_000;
export const MOST_NAME_CHARACTERS = 256; // ids of models, users, calls
export const MOST_BIASES = 1_024; // entries of logit_bias
export const MOST_METADATA = 64; // entries
export const MOST_EMBEDDING_INPUTS = 2_048;

export const MOST_CHOICES = 16; // n
/** Samples of one request: n times the counts of its methods. */
export const MOST_SAMPLES = 64;
/** Model calls of one choice: bounds the nodes of its tree. */
export const MOST_CALLS = 2_000;
/** Wall clock of one choice. */
export const MOST_SECONDS = 300;

/** Requests at work at once; more are told to come back. */
export const MOST_REQUESTS = 1_000;
/** Time between two signs of life on a quiet stream. */
export const KEEP_ALIVE_MILLISECONDS = 10_000;

export const MOST_KEYS = 1_000;
/** Wrong keys from one address in a minute; more are not looked at. */
export const MOST_WRONG_KEYS = 100;
/** Addresses remembered for it. */
export const MOST_ADDRESSES = 10_000;

export const MOST_REPLAYS = 1_000; // Idempotency-Keys remembered
export const MOST_REPLAY_CHARACTERS = 1024 * 1024; // of one answer
export const MOST_REPLAYED_CHARACTERS = 32 * 1024 * 1024; // of all of them
export const REPLAY_MILLISECONDS = 60 * 60 * 1000;

export const MOST_STORED_RESPONSES = 10_000;
export const MOST_STORED_CHARACTERS = 4 * 1024 * 1024; // of one response with its conversation
export const MOST_LOGGED_REQUESTS = 1_000_000;

/** Trace events of one answer that are still sent to a page. */
export const MOST_EVENTS = 200_000;
export const MOST_METRIC_LINES = 20_000; // of one training run
export const MOST_METRIC_BYTES = 32 * 1024 * 1024;
export const MOST_TRAINING_RUNS = 1_000;
