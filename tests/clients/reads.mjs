// SPDX-License-Identifier: Apache-2.0
// Everything that can be read from `proximo serve --demo`, through an official SDK's own client: every read tool on both
// surfaces, its structured content against the schema that the tool declares; every resource, template and prompt.
//   node reads.mjs MODULES PROXIMO MODE     MODE as in sdk.mjs
// Ends with 0 if everything was as it should be, 1 otherwise.
import { fallbackOf, filled, readsOf, variablesOf } from './catalogue.mjs';
import { connect, modeOf, requireFrom } from './sdk.mjs';

const [modules, proximo, modeName] = process.argv.slice(2);
const mode = modeOf(modeName);
const Ajv = requireFrom(modules)('ajv/dist/2020.js').default;

let failures = 0;
function check(good, what, detail) {
  if (!good) failures++;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}${good || detail === undefined ? '' : `: ${JSON.stringify(detail).slice(0, 700)}`}`);
}

function checkAnswer(result, what, schema) {
  const text = result.content?.find(block => block.type === 'text')?.text ?? '';
  let same = false;
  try {
    same = JSON.stringify(JSON.parse(text)) === JSON.stringify(result.structuredContent);
  } catch { /* not the same, then */ }
  check(!result.isError && same, `${what}: answered, text and structured content agree`, { text, structured: result.structuredContent });
  if (!schema) return;
  const validate = new Ajv({ strict: false }).compile(schema);
  check(validate(result.structuredContent), `${what}: as its outputSchema says`, validate.errors);
}

// What the strictest clients refuse: long names, choices at the root of a schema, lists of types, a bare `true`.
function notPlain(schema, root = true) {
  if (typeof schema !== 'object' || schema === null) return 'a schema is no object';
  if (Array.isArray(schema.type) || typeof schema.type !== 'string') return 'its type is not one word';
  if (schema.$ref || (root && (schema.type !== 'object' || schema.anyOf || schema.oneOf || schema.allOf))) return 'a choice or a reference';
  return [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])].map(part => notPlain(part, false)).find(Boolean);
}

function checkListed(tools, surface) {
  const long = tools.filter(tool => !/^[a-z][a-z0-9_]{0,39}$/.test(tool.name)).map(tool => tool.name);
  check(long.length === 0, `${surface}: names of at most 40 characters`, long);
  const odd = tools.map(tool => [tool.name, notPlain(tool.inputSchema)]).filter(([, why]) => why);
  check(odd.length === 0, `${surface}: input schemas that every client takes`, odd);
}

async function readTools({ client, call }, surface) {
  const { tools } = await client.listTools();
  checkListed(tools, surface);
  const listed = new Map(tools.map(tool => [tool.name, tool]));
  const reads = await readsOf(async (name, args) => (await call(name, args)).structuredContent);
  const names = reads.map(read => read.name).sort();
  check(reads.every(read => listed.has(read.name) === (surface === 'full')), `${surface}: lists what it should`, [...listed.keys()]);
  for (const read of reads) {
    const direct = surface === 'full';
    const result = direct ? await call(read.name, read.arguments) : await call('proximo_read', { tool: read.name, arguments: read.arguments });
    checkAnswer(result, `${surface} ${read.name}`, listed.get(direct ? read.name : 'proximo_read')?.outputSchema);
  }
  const declared = tools.filter(tool => tool.outputSchema).length;
  console.log(`     ${surface}: ${tools.length} tools, ${declared} with an outputSchema, ${reads.length} reads called`);
}

// The first value that completion offers, or what the table knows.
async function valueFor(client, ref, name, known) {
  const { completion } = await client.complete({ ref, argument: { name, value: '' }, ...(Object.keys(known).length ? { context: { arguments: known } } : {}) });
  check(Array.isArray(completion.values) && completion.values.length <= 100, `${name} of ${ref.uri ?? ref.name} can be completed`, completion);
  return completion.values[0] ?? fallbackOf(name);
}

async function readOne(client, uri) {
  const { contents } = await client.readResource({ uri });
  const [first] = contents;
  check(contents.length > 0 && first.uri === uri && (first.text?.length > 0 || first.blob?.length > 0), `read ${uri}`, contents);
  if (first.mimeType !== 'application/json') return;
  try {
    JSON.parse(first.text);
  } catch (error) {
    check(false, `${uri} is the JSON that it says`, error.message);
  }
}

async function readResources(client, known) {
  const { resources } = await client.listResources();
  check(resources.length > 0 && resources.every(one => one.uri && one.name), 'resources are listed', resources);
  for (const { uri } of resources) await readOne(client, uri);
  const { resourceTemplates } = await client.listResourceTemplates();
  check(resourceTemplates.length > 0, 'templates are listed', resourceTemplates);
  for (const { uriTemplate } of resourceTemplates) {
    const values = {};
    for (const name of variablesOf(uriTemplate))
      values[name] = await valueFor(client, { type: 'ref/resource', uri: uriTemplate }, name, values);
    await readOne(client, filled(uriTemplate, { ...values, ...known }));
  }
  const missing = await client.readResource({ uri: 'proximo://site/nowhere/inventory' }).then(() => 0, error => error.code);
  check(missing === mode.missing, 'a resource that is not there is refused in the words of the era', missing);
}

async function getPrompts(client) {
  const { prompts } = await client.listPrompts();
  check(prompts.length > 0, 'prompts are listed', prompts);
  for (const prompt of prompts) {
    const args = {};
    for (const { name, required } of prompt.arguments ?? []) {
      const value = await valueFor(client, { type: 'ref/prompt', name: prompt.name }, name, args);
      if (required) args[name] = value;
    }
    const { messages } = await client.getPrompt({ name: prompt.name, arguments: args });
    check(messages.length > 0 && messages.every(message => message.content?.text?.length > 0), `prompt ${prompt.name}`, messages);
    check(!messages.some(message => /\{[a-z_]+\}/.test(message.content.text)), `prompt ${prompt.name}: nothing is left unfilled`, messages);
  }
}

for (const surface of ['facade', 'full']) {
  const open = await connect(modules, proximo, mode, { arguments: ['--surface', surface] });
  try {
    await readTools(open, surface);
    if (surface === 'facade') {
      const capabilities = open.client.getServerCapabilities();
      check(capabilities.resources && capabilities.prompts && capabilities.completions, 'resources, prompts and completions are declared', capabilities);
      const plan = await open.call('proximo_plan', { tool: 'pve_guest_power', arguments: { vmid: '105', action: 'stop' } });
      await readResources(open.client, { plan_id: plan.structuredContent?.plan_id });
      await getPrompts(open.client);
    }
  } catch (error) {
    check(false, `${surface}: the conversation went on (${error.stack ?? error})`);
  }
  check(open.problems.length === 0, `${surface}: the client met nothing unexpected on the line`, open.problems);
  await open.client.close();
}
process.exit(failures ? 1 : 0);
