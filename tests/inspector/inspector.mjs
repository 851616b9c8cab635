// SPDX-License-Identifier: Apache-2.0
// MCP Inspector's command line against `proximo serve` and the simulator: the tools of both surfaces pass its --strict without a word,
// every read tool is called on both, and resources and prompts are listed and read.
//   node inspector.mjs MODULES PROXIMO ERA     ERA: legacy or modern
// Ends with 0 if everything was as it should be, 1 otherwise.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { readsOf, rowsOfTools } from '../clients/catalogue.mjs';

const [modules, proximo, era] = process.argv.slice(2);
const program = join(modules, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
const home = mkdtempSync(join(tmpdir(), 'inspector-')); // it keeps a catalogue of servers at home
const config = join(home, 'proximo.yaml');

// Every run of the Inspector starts a server of its own, and all must see the same tasks: one simulator for all.
async function startSimulator() {
  const running = spawn(join(dirname(proximo), 'proximo-sim'), ['--exit-on-eof'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ready = await new Promise((resolve, reject) => {
    createInterface({ input: running.stdout }).once('line', line => resolve(JSON.parse(line)));
    running.once('error', reject);
    running.once('exit', () => reject(new Error('the simulator ended')));
  });
  writeFileSync(config, `mode: guarded
state_dir: ${home}/state
sites:
  demo: {url: "${new URL(ready.url).origin}", fingerprint: "${ready.fingerprint}", token_file: ${ready.tokens.root}}
`);
  return running;
}

let failures = 0;
function check(good, what, detail) {
  if (!good) failures++;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}${good || detail === undefined ? '' : `: ${JSON.stringify(detail).slice(0, 700)}`}`);
}

// One run of the Inspector, which starts a server of its own: { status, result, said }.
async function inspect(surface, method, ...options) {
  const line = [program, '--cli', '--format', 'json', '--protocol-era', era, '--method', method, ...options, '--', proximo, 'serve', '--config', config, '--surface', surface];
  const ran = await promisify(execFile)(process.execPath, line, { env: { ...process.env, HOME: home }, maxBuffer: 1 << 26 })
    .then(({ stdout, stderr }) => ({ status: 0, stdout, stderr }), error => ({ status: error.code, stdout: error.stdout, stderr: error.stderr }));
  let result;
  try {
    result = JSON.parse(ran.stdout).result;
  } catch { /* judged by who asked */ }
  return { status: ran.status, result, said: ran.stderr.trim() };
}
const call = (surface, name, args) => inspect(surface, 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));

async function strict(surface) {
  const listed = await inspect(surface, 'tools/list', '--strict');
  check(listed.status === 0 && listed.said === '', `${surface}: --strict finds nothing to say about the tools`, listed.said || listed.status);
  return new Set(listed.result?.tools.map(tool => tool.name));
}

async function readEverything(surface, reads, names) {
  check(reads.every(read => names.has(read.name) === (surface === 'full')), `${surface}: lists what it should`, [...names]);
  for (const read of reads) {
    const { status, result, said } = surface === 'full' ? await call(surface, read.name, read.arguments)
      : await call(surface, 'proximo_read', { tool: read.name, arguments: read.arguments });
    check(status === 0 && result?.structuredContent && !result.isError, `${surface} ${read.name}`, said || result);
  }
}

async function readTheRest() {
  const { result: { resources } } = await inspect('facade', 'resources/list');
  check(resources.length > 0, 'resources are listed');
  for (const { uri } of resources) {
    const { status, result, said } = await inspect('facade', 'resources/read', '--uri', uri);
    check(status === 0 && result?.contents?.[0]?.uri === uri, `read ${uri}`, said || result);
  }
  const templates = await inspect('facade', 'resources/templates/list');
  check(templates.result?.resourceTemplates?.length > 0, 'templates are listed', templates);
  const { result: { prompts } } = await inspect('facade', 'prompts/list');
  check(prompts.length > 0, 'prompts are listed');
  for (const prompt of prompts) {
    const given = (prompt.arguments ?? []).filter(argument => argument.required).map(argument => `${argument.name}=105`);
    const { status, result, said } = await inspect('facade', 'prompts/get', '--prompt-name', prompt.name, ...(given.length ? ['--prompt-args', ...given] : []));
    check(status === 0 && result?.messages?.length > 0, `prompt ${prompt.name}`, said || result);
  }
}

const simulator = await startSimulator();
try {
  // A tool that has a test row needs no run of its own to be described: the list of the other surface has its schema.
  const listed = await inspect('full', 'tools/list');
  const rows = rowsOfTools();
  const schemas = new Map(listed.result.tools.filter(tool => rows.has(tool.name)).map(tool => [tool.name, tool]));
  const reads = await readsOf(async (name, args) => name === 'proximo_describe' && schemas.has(args.tool)
    ? { tools: [schemas.get(args.tool)] } : (await call('facade', name, args)).result.structuredContent);
  const { status, result, said } = await call('facade', 'proximo_describe', { tool: reads[0].name });
  check(status === 0 && result?.structuredContent?.tools?.length === 1, `facade proximo_describe ${reads[0].name}`, said || result);
  check(reads.length >= 13, 'there are reads', reads);
  for (const surface of ['facade', 'full']) await readEverything(surface, reads, await strict(surface));
  await readTheRest();
} catch (error) {
  check(false, `the Inspector went on (${error.stack ?? error})`);
}
simulator.removeAllListeners('exit');
simulator.stdin.end();
rmSync(home, { recursive: true });
process.exit(failures ? 1 : 0);
