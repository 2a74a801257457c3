import { InputError } from '../core/errors.ts';
import type { Retriever } from '../core/retriever.ts';
import type { Tool } from '../core/tool.ts';
import { informationFlow } from '../core/tool-policy.ts';
import type { ToolUse } from '../core/tool-use.ts';
import { environmentSecrets } from '../host/known-secrets.ts';
import type { ReadDocument } from '../knowledge/parts/block.ts';
import type { McpServer } from '../tools/mcp.ts';
import type { ToolsConfig } from './tools-config.ts';
import { readToolsConfig, toolsConfigFile, withEnvironment } from './tools-config.ts';

/** The tools there are, for people. */
export const TOOL_FORMS: readonly { readonly form: string; readonly meaning: string }[] = [
  { form: 'calculator', meaning: 'exact arithmetic' },
  { form: 'python', meaning: 'Python programs, without files or network' },
  { form: 'javascript', meaning: 'JavaScript programs, without files or network' },
  { form: 'search', meaning: 'passages of the index given with --knowledge' },
  { form: 'fetch', meaning: 'web pages of the hosts that the settings list' },
  { form: 'mcp:<name>', meaning: 'the tools of a server that the settings list' },
];

export interface OpenToolsOptions {
  readonly config?: string; // file; default: toolsConfigFile()
  readonly retriever?: Retriever; // for search
}

/** Tools that are open; close them when the run is over. */
export interface OpenedTools {
  readonly use: ToolUse;
  close(): Promise<void>;
}

interface Opened {
  readonly tools: readonly Tool[];
  close(): Promise<unknown>;
}

/**
 * Opens tools by name under the user's settings. Only those named may run, and no secret of the environment goes into a call.
 * Throws InputError for a name or a setting that is not there.
 */
export async function openTools(
  names: readonly string[],
  options: OpenToolsOptions = {},
): Promise<OpenedTools> {
  const config = await readToolsConfig(options.config);
  const secrets = environmentSecrets(process.env);
  for (const name of config.secrets)
    secrets.push(...Object.values(withEnvironment({ secrets: `\${${name}}` }, () => {})));
  const opened: Opened[] = [];
  const close = async () => {
    await Promise.all(opened.map((one) => one.close()));
  };
  try {
    for (const name of new Set(names))
      opened.push(await open(name, config, options, (value) => secrets.push(value)));
    const tools = opened.flatMap((one) => one.tools);
    const given = new Set(tools.map((tool) => tool.name));
    const policy = informationFlow({ allow: [...given], afterOutsideText: config.afterOutsideText });
    const { seconds } = config;
    return { use: { tools, policy, secrets, ...(seconds !== undefined && { seconds }) }, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function open(
  name: string,
  config: ToolsConfig,
  { config: file, retriever }: OpenToolsOptions,
  secret: (value: string) => void,
): Promise<Opened> {
  const settings = file ?? toolsConfigFile();
  switch (name) {
    case 'calculator': {
      const { calculator } = await import('../tools/calculator.ts');
      return { tools: [calculator()], close: async () => {} };
    }
    case 'python':
    case 'javascript': {
      const { interpreterTool } = await import('../tools/interpreter-tool.ts');
      const interpreter =
        name === 'python'
          ? (await import('../tools/python.ts')).python()
          : (await import('../tools/javascript.ts')).javascript();
      return { tools: [interpreterTool(interpreter)], close: () => interpreter.close() };
    }
    case 'search': {
      if (!retriever)
        throw new InputError('The tool search needs an index: reckon index <folder>, then --knowledge');
      const { search } = await import('../tools/search.ts');
      return { tools: [search({ retriever })], close: async () => {} };
    }
    case 'fetch': {
      if (!config.fetch)
        throw new InputError(
          `The tool fetch opens only hosts that you list: write {"fetch": {"hosts": ["example.com"]}} to ${settings}`,
        );
      const { fetchPage } = await import('../tools/fetch-page.ts');
      const { readHtml } = await import('../knowledge/parts/read-html.ts');
      const tool = fetchPage({ ...config.fetch, readHtml: (source) => pageText(readHtml(source)) });
      return { tools: [tool], close: () => tool.close() };
    }
    default:
      if (name.startsWith('mcp:')) return openMcp(name.slice('mcp:'.length), config, settings, secret);
      throw new InputError(
        `There is no tool ${JSON.stringify(name)}; there are ${TOOL_FORMS.map(({ form }) => form).join(', ')}`,
      );
  }
}

/** Connects to a server of the settings, by its name there. */
export async function openMcp(
  name: string,
  { mcp: servers }: ToolsConfig,
  settings: string,
  secret: (value: string) => void = () => {},
): Promise<McpServer> {
  const found = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (!found)
    throw new InputError(
      `There is no MCP server ${JSON.stringify(name)} in ${settings}; there ${Object.keys(servers).length === 0 ? 'is none' : `are ${Object.keys(servers).join(', ')}`}`,
    );
  const { mcp } = await import('../tools/mcp.ts');
  const { tools, resources, seconds, ...server } = found;
  return mcp({
    name,
    tools,
    ...(resources && { resources }),
    ...(seconds !== undefined && { seconds }),
    server:
      'command' in server
        ? {
            ...server,
            ...(server.environment && { environment: withEnvironment(server.environment, secret) }),
          }
        : { ...server, ...(server.headers && { headers: withEnvironment(server.headers, secret) }) },
  });
}

/** A page as text: its title, and its paragraphs under their headings. */
function pageText({ title = '', blocks }: ReadDocument): string {
  let under = title;
  const parts = blocks.map(({ text, headings }) => {
    const heading = headings.at(-1) ?? title;
    if (heading === under) return text;
    under = heading;
    return `# ${heading}\n\n${text}`;
  });
  return [title, ...parts].filter((part) => part !== '').join('\n\n');
}
