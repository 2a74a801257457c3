import { Command } from 'commander';
import { plain, printJson } from './terminal.ts';

/** Characters of a description that a list shows; --json has all of it. */
const SHOWN_CHARACTERS = 1_000;

/** `reckon tools [server]`: the tools there are, or those that an MCP server of the settings offers, to be looked at. */
export function toolsCommand(): Command {
  return new Command('tools')
    .description('The tools there are; with a name those of an MCP server of the settings, to be approved.')
    .argument('[server]')
    .option('--tools-config <file>', 'settings of the tools (docs/tools.md)')
    .option('--json', 'print one JSON document')
    .action(async (server: string | undefined, flags: { toolsConfig?: string; json?: boolean }) => {
      const { readToolsConfig, toolsConfigFile } = await import('../catalog/tools-config.ts');
      const { openMcp, TOOL_FORMS } = await import('../catalog/tools.ts');
      const file = flags.toolsConfig ?? toolsConfigFile();
      const config = await readToolsConfig(flags.toolsConfig);
      if (server === undefined) {
        const servers = Object.keys(config.mcp);
        if (flags.json) return printJson({ tools: TOOL_FORMS, settings: file, servers });
        for (const { form, meaning } of TOOL_FORMS) console.log(`${form.padEnd(12)} ${meaning}`);
        console.log(plain(`\nSettings: ${file}. MCP servers there: ${servers.join(', ') || 'none'}`));
        return;
      }
      const settings = config.mcp[server];
      // nothing is approved here, so that a tool that changed can be looked at
      const unapproved = settings ? { ...config, mcp: { [server]: { ...settings, tools: {} } } } : config;
      const { offered, close } = await openMcp(server, unapproved, file);
      await close();
      const list = offered.map((tool) => {
        const before = settings?.tools[tool.name]?.fingerprint;
        return {
          ...tool,
          state: before === undefined ? 'new' : before === tool.fingerprint ? 'approved' : 'changed',
        };
      });
      if (flags.json) return printJson(list);
      for (const { name, description, parameters, state, fingerprint } of list)
        console.log(
          plain(
            `${name} (${state})\n  ${description.slice(0, SHOWN_CHARACTERS).replace(/\n/g, '\n  ')}\n  ${JSON.stringify(parameters).slice(0, SHOWN_CHARACTERS)}\n  "${name}": { "fingerprint": "${fingerprint}" }\n`,
          ),
        );
      console.error(plain(`To approve a tool, put its last line into "tools" of "${server}" in ${file}.`));
    });
}
