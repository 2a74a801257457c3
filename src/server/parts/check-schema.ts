import type { z } from '@hono/zod-openapi';
import { ApiError } from './api-error.ts';

/** The body as the schema's type. Throws ApiError that names the first field which is not right. */
export function checkSchema<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const issue = deepest(read.error.issues);
  const param = issue?.path.join('.').slice(0, 200) ?? '';
  const message = issue?.message ?? 'The body is not right';
  throw new ApiError(400, param === '' ? message : `${param}: ${message}`, {
    ...(param !== '' && { param }),
    code: issue?.code === 'invalid_type' ? 'invalid_type' : 'invalid_value',
  });
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code: string;
}

/** Of a value that fits no member of a union, the member that came furthest says most. */
function deepest(issues: readonly z.core.$ZodIssue[]): Issue | undefined {
  const [first] = issues;
  if (first?.code !== 'invalid_union') return first;
  const inner = first.errors
    .map((errors) => deepest(errors))
    .filter((issue) => issue !== undefined)
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  if (!inner || inner.path.length === 0) return first;
  return { ...inner, path: [...first.path, ...inner.path] };
}
