/** Knows some secret values, and finds them in text however they are dressed. */
export interface Secrets {
  /** Whether a text holds one: as it is, spaced out, reversed, percent-encoded, in hexadecimal or in base64. */
  heldBy(text: string): boolean;
  /** The text with every secret it holds replaced by `[secret]`. */
  redact(text: string): string;
}

/** Letters and digits that a value needs to be kept secret: a shorter one stands in ordinary text. */
const LEAST_CHARACTERS = 8;
/** Of a longer value the beginning is looked for. */
const MOST_CHARACTERS = 512;
/** Values known at once. */
const MOST_SECRETS = 200;
const MARK = '[secret]';

/** Watches over values that must not leave. What is cut in pieces over several texts is not found. */
export function secretsOf(values: readonly string[]): Secrets {
  const needles = [...new Set(values.slice(0, MOST_SECRETS).flatMap(forms))].filter(
    (form) => form.length >= LEAST_CHARACTERS,
  );
  const holds = (text: string) => {
    const kept = squeezed(text);
    return needles.some((needle) => kept.includes(needle));
  };
  return {
    heldBy: (text) =>
      needles.length > 0 && (holds(text) || (text.includes('%') && holds(percentDecoded(text)))),
    redact: (text) => redacted(text, needles),
  };
}

/** A value as it may turn up, in small letters and digits only. */
function forms(value: string): string[] {
  const known = value.slice(0, MOST_CHARACTERS);
  const bytes = new TextEncoder().encode(known);
  const hexadecimal = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [known, [...known].reverse().join(''), hexadecimal, ...base64Forms(bytes)].map((form) =>
    squeezed(form),
  );
}

/** Base64 of the bytes at each of the three places in a group; the letters that depend on their neighbours are left out. */
function base64Forms(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((shift) => {
    const text = btoa(String.fromCharCode(...new Uint8Array(shift), ...bytes)).replace(/=+$/, '');
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor(((shift + bytes.length) * 8) / 6);
    return text.slice(first, last);
  });
}

/** What is left of a text without spaces, signs and capitals. */
function squeezed(text: string): string {
  return text.replace(/[^A-Za-z0-9]+/g, '').toLowerCase();
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function redacted(text: string, needles: readonly string[]): string {
  const kept = squeezed(text);
  if (!needles.some((needle) => kept.includes(needle))) return text;
  const places = [...text.matchAll(/[A-Za-z0-9]/g)].map(({ index }) => index);
  const hidden: { start: number; end: number }[] = [];
  for (const needle of needles)
    for (let at = kept.indexOf(needle); at >= 0; at = kept.indexOf(needle, at + needle.length))
      hidden.push({ start: places[at] as number, end: (places[at + needle.length - 1] as number) + 1 });
  let shown = '';
  let done = 0;
  for (const { start, end } of hidden.sort((a, b) => a.start - b.start)) {
    if (start >= done) shown += text.slice(done, start) + MARK;
    done = Math.max(done, end);
  }
  return shown + text.slice(done);
}
