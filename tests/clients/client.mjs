// SPDX-License-Identifier: Apache-2.0
// One conversation of an official SDK's own client with `proximo serve --demo`: connect, list, find, describe, read, an
// error that teaches, an unknown tool, close.
//   node client.mjs MODULES PROXIMO MODE     MODE as in sdk.mjs
// Ends with 0 if everything was as it should be, 1 otherwise.
import { connect, modeOf } from './sdk.mjs';

const [modules, proximo, mode] = process.argv.slice(2);
const chosen = modeOf(mode);

let failures = 0;
function check(good, what, detail) {
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}${good || detail === undefined ? '' : `: ${JSON.stringify(detail).slice(0, 600)}`}`);
  if (!good) failures++;
}

// The text block must carry the same facts as the structured content.
function answer(result, what) {
  const text = result.content?.find(block => block.type === 'text')?.text;
  let parsed;
  try { parsed = JSON.parse(text); } catch { /* judged below */ }
  check(JSON.stringify(parsed) === JSON.stringify(result.structuredContent), `${what}: text and structured content agree`,
    { text, structured: result.structuredContent });
  return result.structuredContent ?? {};
}
function rowsOf(result, what) {
  const envelope = answer(result, what);
  check(Array.isArray(envelope.rows) && envelope.returned === envelope.rows.length && envelope.total >= envelope.returned,
    `${what}: a counted envelope`, envelope);
  return envelope.rows ?? [];
}

const { client, call, problems } = await connect(modules, proximo, chosen);
try {
  check(client.getServerVersion()?.name === 'proximo', 'the server names itself', client.getServerVersion());
  if (chosen.generation === 2) check(client.getProtocolEra?.() === chosen.era, `the era is ${chosen.era}`, client.getProtocolEra?.());
  check((client.getInstructions()?.length ?? 0) > 100, 'instructions are given');
  check(client.getServerCapabilities()?.tools, 'tools are declared', client.getServerCapabilities());

  const { tools } = await client.listTools();
  const names = tools.map(tool => tool.name);
  for (const wanted of ['proximo_find', 'proximo_describe', 'proximo_read', 'proximo_status'])
    check(names.includes(wanted), `tools/list has ${wanted}`, names);
  check(new Set(names).size === names.length, 'tool names are unique');
  check(JSON.stringify(tools).length <= 6000, `tools/list is small: ${JSON.stringify(tools).length} bytes`);
  for (const tool of tools) check(tool.annotations?.readOnlyHint === (tool.name !== 'proximo_apply'),
    `${tool.name} is marked as ${tool.name === 'proximo_apply' ? 'changing' : 'reading only'}`, tool.annotations);

  const found = rowsOf(await call('proximo_find', { query: 'guest status' }), 'proximo_find');
  check(found.some(row => row.name === 'pve_guest_status'), 'proximo_find finds pve_guest_status', found);

  const described = await call('proximo_describe', { tool: 'pve_guest_status' });
  check(!described.isError && JSON.stringify(described.structuredContent).includes('"vmid"'),
    'proximo_describe shows the parameter vmid', described);

  const guests = rowsOf(await call('proximo_read', { tool: 'pve_list_guests', arguments: {} }), 'pve_list_guests');
  const web = guests.find(row => String(row.vmid) === '105');
  check(guests.length >= 4 && web, 'pve_list_guests has guest 105', guests);

  const byId = await call('proximo_read', { tool: 'pve_guest_status', arguments: { vmid: '105' } });
  const state = answer(byId, 'pve_guest_status');
  check(!byId.isError && JSON.stringify(state).includes(web?.name ?? '?'), 'pve_guest_status of 105 carries its name', state);
  const byName = await call('pve_guest_status', { vmid: web?.name ?? '105' });
  check(!byName.isError, 'a tool that is not listed answers to its own name, and a guest to its name', byName);

  const wrong = await call('proximo_read', { tool: 'pve_guest_status', arguments: { vmid: '105', kind: 'qemu' } });
  check(wrong.isError === true && wrong.structuredContent?.error?.code === 'PX-MISMATCH' && /lxc/.test(JSON.stringify(wrong)),
    'the wrong kind is an error that names the right one', wrong);
  const missing = await call('proximo_read', { tool: 'pve_guest_status', arguments: {} });
  check(missing.isError === true && missing.structuredContent?.error?.code === 'PX-ARG', 'a missing argument is PX-ARG', missing);

  const unknown = await call('no_such_tool').then(result => ({ result }), error => ({ code: error.code }));
  check(unknown.code === -32602, 'an unknown tool is -32602', unknown);

  // Beside each other: the SDK matches answers to requests by id.
  const many = await Promise.all(Array.from({ length: 20 }, (_, i) =>
    i % 2 ? call('proximo_status') : call('proximo_read', { tool: 'pve_list_guests', arguments: { limit: 1 } })));
  check(many.every(result => !result.isError), 'twenty calls at once are all answered', many.find(result => result.isError));
} catch (error) {
  check(false, `the conversation went on (${error.stack ?? error})`);
}
check(problems.length === 0, 'the client met nothing unexpected on the line', problems);
const start = performance.now();
await client.close();
const took = performance.now() - start;
check(took < 2000, `closed in ${took.toFixed(0)} ms`);
process.exit(failures ? 1 : 0);
