// SPDX-License-Identifier: Apache-2.0
// The official SDKs of both generations behind one way to open a connection.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// missing: the code in which the client reports a resource that is not there. The legacy era's is -32002; SDK 2 says -32602 for it too.
const MODES = {
  'sdk-1': { generation: 1, era: 'legacy', missing: -32002 },
  'client-2-legacy': { generation: 2, negotiation: 'legacy', era: 'legacy', missing: -32602 },
  'client-2-auto': { generation: 2, negotiation: 'auto', era: 'modern', missing: -32602 }, // both know the newer one: it must win
  'client-2-modern': { generation: 2, negotiation: { pin: '2026-07-28' }, era: 'modern', missing: -32602 },
};

// The mode of that name, or the end of the program.
export function modeOf(name) {
  if (MODES[name]) return MODES[name];
  console.error(`clients: no mode '${name}'; there are: ${Object.keys(MODES).join(', ')}`);
  return process.exit(2);
}

// From the packages in the folder `modules`: what CommonJS finds, and what is imported.
export const requireFrom = modules => createRequire(`${modules}/package.json`);
const importFrom = (modules, name) => import(pathToFileURL(requireFrom(modules).resolve(name)));

// A connected client of `proximo serve --demo` and its problems on the line. With `answer`, forms are answered by
// answer(params).
export async function connect(modules, proximo, mode, { arguments: more = [], capabilities = { elicitation: {} }, answer } = {}) {
  const second = mode.generation === 2;
  const { Client } = await importFrom(modules, second ? '@modelcontextprotocol/client' : '@modelcontextprotocol/sdk/client/index.js');
  const { StdioClientTransport } =
    await importFrom(modules, second ? '@modelcontextprotocol/client/stdio' : '@modelcontextprotocol/sdk/client/stdio.js');
  const client = new Client({ name: 'proximo-client-test', version: '1.0.0' },
    { capabilities, ...(mode.negotiation ? { versionNegotiation: { mode: mode.negotiation } } : {}) });
  const problems = [];
  client.onerror = error => problems.push(error.message);
  if (answer && second) client.setRequestHandler('elicitation/create', async request => answer(request.params));
  if (answer && !second) {
    const { ElicitRequestSchema } = await importFrom(modules, '@modelcontextprotocol/sdk/types.js');
    client.setRequestHandler(ElicitRequestSchema, async request => answer(request.params));
  }
  await client.connect(new StdioClientTransport({ command: proximo, args: ['serve', '--demo', ...more], stderr: 'inherit' }));
  const call = (name, args = {}, options) => {
    const params = { name, arguments: args };
    return second ? client.callTool(params, options) : client.callTool(params, undefined, options);
  };
  return { client, call, problems };
}
