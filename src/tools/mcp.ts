import { createHash } from 'node:crypto';
import type { CallToolResult } from '@modelcontextprotocol/client';
import { InputError, ToolError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import type { Reach, Tool } from '../core/tool.ts';
import type { McpAddress, McpCommand, McpConnection } from './mcp-connection.ts';
import { connectMcp } from './mcp-connection.ts';

/** A tool that the user has looked at. */
export interface ApprovedTool {
  /** The fingerprint of what was looked at: name, description and schema. */
  readonly fingerprint: string;
  /** What its calls can do, as the user judges it. Default acts. What the server says of it does not count. */
  readonly reach?: Reach;
}

export interface McpServerOptions {
  readonly name: string; // letters, digits and dashes; begins the names of its tools
  readonly server: McpCommand | McpAddress;
  /** By the server's names. A tool that is not here, or has changed since, is never called. */
  readonly tools: Readonly<Record<string, ApprovedTool>>;
  /** Addresses of resources that the tool read_resource may read. */
  readonly resources?: readonly string[];
  readonly seconds?: number; // for one call; default 30
}

/** A tool as a server offers it. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Json;
  readonly fingerprint: string;
}

/** A server that is connected. */
export interface McpServer {
  readonly tools: readonly Tool[];
  /** Everything the server offers, approved or not. */
  readonly offered: readonly OfferedTool[];
  close(): Promise<void>;
}

const MOST_TOOLS = 200;
const DESCRIPTION_CHARACTERS = 2_000;
const SCHEMA_CHARACTERS = 20_000;
const MOST_DEPTH = 40;
const NAME_CHARACTERS = 64;
/** Of one result; what the model is shown is less. */
const RESULT_CHARACTERS = 200_000;

/**
 * Connects to a server of the Model Context Protocol. The tools that the user approved become tools here; descriptions are shown as
 * quotations. Throws InputError when the server gives no answer, or an approved tool is not there or not what was approved.
 */
export async function mcp(options: McpServerOptions): Promise<McpServer> {
  const { name, server, tools: approved, resources = [] } = options;
  if (!/^[a-zA-Z][a-zA-Z0-9-]{0,30}$/.test(name))
    throw new InputError(`An MCP server is named by letters, digits and dashes, not ${JSON.stringify(name)}`);
  const connection = await connectMcp(name, server);
  try {
    const state = new Session(options, connection);
    await state.list();
    return {
      offered: state.offered,
      tools: [
        ...Object.entries(approved).map(([tool, approval]) => state.tool(tool, approval)),
        ...(resources.length > 0 ? [state.resourceReader(resources)] : []),
      ],
      close: () => connection.close(),
    };
  } catch (cause) {
    await connection.close();
    throw cause;
  }
}

class Session {
  readonly #options: McpServerOptions;
  readonly #connection: McpConnection;
  offered: readonly OfferedTool[] = [];
  #stale = false;

  constructor(options: McpServerOptions, connection: McpConnection) {
    this.#options = options;
    this.#connection = connection;
    connection.client.setNotificationHandler('notifications/tools/list_changed', () => {
      this.#stale = true;
    });
  }

  /** Asks the server what it offers. */
  async list(): Promise<void> {
    const { name } = this.#options;
    this.#stale = false;
    const { client } = this.#connection;
    const { tools } = client.getServerCapabilities()?.tools
      ? await client.listTools(undefined, { timeout: this.#milliseconds, cacheMode: 'refresh' })
      : { tools: [] };
    if (tools.length > MOST_TOOLS)
      throw new InputError(
        `The MCP server ${name} offers ${tools.length} tools; at most ${MOST_TOOLS} are read`,
      );
    this.offered = tools.map(({ name: tool, description = '', inputSchema }) => {
      const parameters = inputSchema as Json;
      return {
        name: tool,
        description,
        parameters,
        fingerprint: fingerprint({ name: tool, description, parameters }),
      };
    });
  }

  tool(name: string, { fingerprint: approved, reach = 'acts' }: ApprovedTool): Tool {
    const { name: server } = this.#options;
    const offered = this.#unchanged(name, approved);
    return {
      name: `${server}__${name.replace(/[^\w-]/g, '_')}`.slice(0, NAME_CHARACTERS),
      description: `From the server ${server}, which describes it as ${quoted(offered.description)}`,
      parameters: offered.parameters,
      reach,
      call: async (input, { signal }) => {
        if (this.#stale) await this.list();
        try {
          this.#unchanged(name, approved);
        } catch (cause) {
          throw new ToolError((cause as Error).message, { cause });
        }
        const result = await this.#connection.client.callTool(
          { name, arguments: input as Record<string, unknown> },
          { signal, timeout: this.#milliseconds },
        );
        const text = resultText(result);
        if (result.isError) throw new ToolError(text || 'The tool failed and did not say why');
        return text || 'The tool gave nothing.';
      },
    };
  }

  /** Reads only what the user listed, so a call says nothing to the server that the user did not write. */
  resourceReader(resources: readonly string[]): Tool {
    const { name: server } = this.#options;
    return {
      name: `${server}__read_resource`,
      description: `Reads a resource of the server ${server}.`,
      parameters: {
        type: 'object',
        properties: { uri: { enum: [...resources] } },
        required: ['uri'],
        additionalProperties: false,
      },
      reach: 'inside',
      call: async (input, { signal }) => {
        const { uri } = input as { uri?: Json };
        if (typeof uri !== 'string' || !resources.includes(uri))
          throw new ToolError(`There is no such resource; there are ${resources.join(', ')}`);
        const { contents } = await this.#connection.client.readResource(
          { uri },
          { signal, timeout: this.#milliseconds, cacheMode: 'bypass' },
        );
        return contents.map(resourceText).join('\n\n').slice(0, RESULT_CHARACTERS);
      },
    };
  }

  get #milliseconds(): number {
    return (this.#options.seconds ?? 30) * 1000;
  }

  #unchanged(name: string, approved: string): OfferedTool {
    const { name: server } = this.#options;
    const offered = this.offered.find((one) => one.name === name);
    if (!offered)
      throw new InputError(
        `The MCP server ${server} offers no tool ${name}; it offers ${this.offered.map((one) => one.name.slice(0, NAME_CHARACTERS)).join(', ') || 'none'}`,
      );
    if (offered.fingerprint !== approved)
      throw new InputError(
        `The tool ${name} of the MCP server ${server} is not what was approved: look at it again (reckon tools ${server})`,
      );
    tooLarge(server, offered);
    return offered;
  }
}

/** Throws InputError for a tool that says more about itself than a prompt should hold. */
function tooLarge(server: string, { name, description, parameters }: OfferedTool): void {
  const schema = JSON.stringify(parameters).length;
  if (
    description.length > DESCRIPTION_CHARACTERS ||
    schema > SCHEMA_CHARACTERS ||
    deeper(parameters, MOST_DEPTH)
  )
    throw new InputError(
      `The tool ${name} of the MCP server ${server} describes itself in ${description.length} + ${schema} characters; at most ${DESCRIPTION_CHARACTERS} + ${SCHEMA_CHARACTERS}, ${MOST_DEPTH} levels deep, are shown to a model`,
    );
}

/** What identifies a tool: equal in name, description and schema is equal in fingerprint, whatever the order of keys. */
export function fingerprint(tool: Pick<OfferedTool, 'name' | 'description' | 'parameters'>): string {
  const { name, description, parameters } = tool;
  const text = JSON.stringify([
    name,
    description,
    deeper(parameters, 100) ? 'too deep' : inOrder(parameters),
  ]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, inOrder(item)]));
}

function deeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => deeper(item as Json, levels - 1));
}

/** Words of a server as one quotation: no line of it can pass for a line of ours. */
function quoted(text: string): string {
  return JSON.stringify(text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim());
}

/** A result as text. Links are told and not followed; pictures and sounds are left out. */
function resultText({ content, structuredContent }: CallToolResult): string {
  const parts = content.map((part) => {
    switch (part.type) {
      case 'text':
        return part.text;
      case 'resource':
        return resourceText(part.resource);
      case 'resource_link':
        return `[a link to ${quoted(part.uri)}, not opened]`;
      case 'image':
      case 'audio':
        return `[${part.type} left out]`;
      default:
        return part satisfies never;
    }
  });
  if (parts.length === 0 && structuredContent !== undefined) parts.push(JSON.stringify(structuredContent));
  return parts.join('\n').slice(0, RESULT_CHARACTERS);
}

function resourceText(resource: {
  readonly uri: string;
  readonly text?: string;
  readonly blob?: string;
}): string {
  return resource.text ?? `[${quoted(resource.uri)} is not text and was left out]`;
}
