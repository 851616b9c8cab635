// SPDX-License-Identifier: Apache-2.0
// A server on the official 1.x SDK with one tool that answers a fixed result: what most MCP servers are made of.
//   node node_server.mjs MODULES
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.argv[2]}/package.json`);
const load = name => import(pathToFileURL(require.resolve(name)));
const { McpServer } = await load('@modelcontextprotocol/sdk/server/mcp.js');
const { StdioServerTransport } = await load('@modelcontextprotocol/sdk/server/stdio.js');

const server = new McpServer({ name: 'node-sdk', version: '1.0.0' });
server.registerTool('status', { description: 'A fixed answer.' },
  async () => ({ content: [{ type: 'text', text: '{"ok":true}' }], structuredContent: { ok: true } }));
await server.connect(new StdioServerTransport());
process.stdin.on('end', () => process.exit(0));
