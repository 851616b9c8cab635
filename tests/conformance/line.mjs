// SPDX-License-Identifier: Apache-2.0
// What the suite cannot see through HTTP, on the line itself, with the same plane of fixtures: how subscriptions end, what they let
// through, lists that really change, levels of log messages, questions that are declined or not allowed.
//   node line.mjs COMMAND [ARGUMENT...]     the command of the server
// Ends with 0 if everything was as it should be, 1 otherwise.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const command = process.argv.slice(2);
const META = 'io.modelcontextprotocol/';
const modern = (capabilities = {}, more = {}) => ({ _meta: { [`${META}protocolVersion`]: '2026-07-28', [`${META}clientCapabilities`]: capabilities, ...more } });

let failures = 0;
function check(good, what, detail) {
  if (!good) failures++;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}${good || detail === undefined ? '' : `: ${JSON.stringify(detail).slice(0, 700)}`}`);
}
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// A server: request() gives its answer; everything else that it writes is in `said`; answer(message) serves its requests.
class Server {
  constructor(answer) {
    this.child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.said = [];
    this.waiting = new Map();
    this.ended = new Promise(resolve => this.child.on('close', resolve));
    this.next = 0;
    createInterface({ input: this.child.stdout }).on('line', line => {
      const message = JSON.parse(line);
      if (message.method === undefined && this.waiting.has(message.id)) return this.waiting.get(message.id)(message);
      this.said.push(message);
      if (message.method !== undefined && message.id !== undefined) this.send({ id: message.id, ...answer(message) });
    });
  }
  send(message) { this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`); }
  request(method, params, id = ++this.next) {
    return new Promise(resolve => {
      this.waiting.set(id, resolve);
      this.send({ id, method, params });
    });
  }
  async initialize(capabilities = {}) {
    const answered = await this.request('initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'line', version: '1' } });
    this.send({ method: 'notifications/initialized' });
    return answered;
  }
  // What was said since the last time, by method; what comes before the answer of a request is there when the answer is.
  take(method) {
    const taken = this.said.filter(message => message.method === method);
    this.said = this.said.filter(message => message.method !== method);
    return taken;
  }
  async end() {
    this.child.stdin.end();
    const status = await this.ended; // a sanitizer's finding would be another one
    if (status !== 0) check(false, 'the server ends well', status);
  }
}
const call = (server, name, params = {}) => server.request('tools/call', { name, arguments: {}, ...params });
const textOf = answer => answer.result?.content?.[0]?.text ?? '';
const subscriptionOf = message => message?.params?._meta?.[`${META}subscriptionId`];
const pause = () => new Promise(resolve => setTimeout(resolve, 150));

async function modernSubscriptions() {
  const server = new Server();
  const ends = new Promise(resolve => server.waiting.set('L1', resolve));
  server.send({ id: 'L1', method: 'subscriptions/listen', params: { ...modern(), notifications: { toolsListChanged: true, resourceSubscriptions: ['test://watched-resource'] } } });
  server.send({ id: 700, method: 'subscriptions/listen', params: { ...modern(), notifications: { promptsListChanged: true } } });
  const names = async () => (await server.request('tools/list', modern(), `list-${++server.next}`)).result.tools.map(tool => tool.name);
  const before = await names();
  check(same(server.take('notifications/subscriptions/acknowledged').map(subscriptionOf), ['L1', 700]), 'both are acknowledged under their own ids');
  await call(server, 'test_trigger_tool_change', modern());
  const after = await names();
  check(before.includes('test_sometimes_listed') && !after.includes('test_sometimes_listed') && after.length === before.length - 1, 'the tool is no longer listed', after);
  check(same(server.take('notifications/tools/list_changed').map(subscriptionOf), ['L1']), 'the change goes where tools were asked for, once');
  check(textOf(await call(server, 'test_sometimes_listed', modern())).startsWith('Listed or not'), 'what is not listed can still be called');
  await call(server, 'test_trigger_tool_change', modern());
  check(same(await names(), before), 'listed again, in the same order');
  await call(server, 'test_trigger_prompt_change', modern());
  check(same(server.take('notifications/prompts/list_changed').map(subscriptionOf), [700]), 'prompts go to the other one');
  await call(server, 'test_trigger_resource_update', modern());
  const [updated] = server.take('notifications/resources/updated');
  check(subscriptionOf(updated) === 'L1' && updated.params.uri === 'test://watched-resource', 'the watched resource is told of', updated);
  server.send({ method: 'notifications/cancelled', params: { requestId: 700 } });
  await call(server, 'test_trigger_prompt_change', modern());
  await pause();
  check(server.take('notifications/prompts/list_changed').length === 0, 'a cancelled subscription says nothing more');
  server.take('notifications/tools/list_changed');
  await server.end();
  const last = await Promise.race([ends, pause()]);
  check(last?.result?.resultType === 'complete' && last.result._meta?.[`${META}subscriptionId`] === 'L1',
    'the end of the server ends the subscription, and says which', last);
  check(server.said.length === 0, 'nothing else was said', server.said);
}

// Clients refuse an answer without structured content from a tool that declares a schema for it.
async function declaredShapes() {
  const server = new Server();
  const { tools } = (await server.request('tools/list', modern())).result;
  for (const name of ['test_simple_text', 'test_image_content', 'test_multiple_content_types']) {
    const answer = await call(server, name, modern());
    const listed = tools.find(tool => tool.name === name);
    check(listed && (listed.outputSchema === undefined || answer.result.structuredContent !== undefined), `${name}: declares no shape that its answer does not have`, listed);
  }
  await server.end();
}

async function legacyNews() {
  const server = new Server();
  await server.initialize();
  await call(server, 'test_trigger_tool_change');
  check(server.take('notifications/tools/list_changed').length === 1, 'legacy: the change of the list is told unasked');
  await call(server, 'test_trigger_resource_update');
  check(server.take('notifications/resources/updated').length === 0, 'legacy: nobody subscribed, nobody is told');
  await server.request('resources/subscribe', { uri: 'test://watched-resource' });
  await call(server, 'test_trigger_resource_update');
  check(server.take('notifications/resources/updated').length === 1, 'legacy: a subscriber is told');
  await server.request('resources/unsubscribe', { uri: 'test://watched-resource' });
  await call(server, 'test_trigger_resource_update');
  check(server.take('notifications/resources/updated').length === 0, 'legacy: no longer a subscriber');
  for (const [level, count] of [['debug', 3], ['warning', 0], ['info', 3]]) {
    await server.request('logging/setLevel', { level });
    await call(server, 'test_tool_with_logging');
    const logged = server.take('notifications/message');
    check(logged.length === count, `legacy: at level ${level}, ${count} log messages`, logged);
  }
  const wrong = await server.request('logging/setLevel', { level: 'loud' });
  check(wrong.error?.code === -32602, 'legacy: a level that is none is refused', wrong);
  await server.end();
}

async function modernLogging() {
  const server = new Server();
  for (const [level, count] of [['info', 3], ['error', 0]]) {
    await call(server, 'test_tool_with_logging', modern({}, { [`${META}logLevel`]: level }));
    check(server.take('notifications/message').length === count, `modern: a request that wants level ${level} gets ${count} log messages`);
  }
  await server.end();
}

async function legacyQuestions() {
  const declining = new Server(message => ({ result: message.method === 'elicitation/create' ? { action: 'decline' } : {} }));
  await declining.initialize({ elicitation: {} });
  const answer = await call(declining, 'test_elicitation', { arguments: { message: 'Who?' } });
  const [asked] = declining.take('elicitation/create');
  check(/^\[plane conformance\] Who\?$/.test(asked?.params.message ?? ''), 'a form of a plane names the plane', asked);
  check(/action: decline/.test(textOf(answer)), 'a declined form is told to the plane as that', answer);
  const unasked = await call(declining, 'test_sampling', { arguments: { prompt: 'Hi' } });
  check(unasked.error !== undefined || unasked.result?.isError === true, 'a client is not asked for what it does not offer', unasked);
  check(declining.take('sampling/createMessage').length === 0, 'really not');
  await declining.end();
}

async function modernState() {
  const server = new Server();
  const params = { name: 'test_input_required_result_multi_round', arguments: {}, ...modern({ elicitation: {} }) };
  const accept = content => ({ action: 'accept', content });
  const one = (await server.request('tools/call', params)).result;
  const two = (await server.request('tools/call', { ...params, requestState: one.requestState, inputResponses: { step1: accept({ name: 'Ann' }) } })).result;
  const end = await server.request('tools/call', { ...params, requestState: two.requestState, inputResponses: { step2: accept({ color: 'green' }) } });
  check(textOf(end) === 'Ann likes green', 'the answer of the first round comes back from the sealed state', end);
  const borrowed = await server.request('tools/call', { ...params, name: 'test_input_required_result_elicitation', requestState: two.requestState, inputResponses: { user_name: accept({ name: 'Ann' }) } });
  check(borrowed.error?.code === -32602, 'the state of another request is refused', borrowed);
  const changed = two.requestState.replace(/^./, digit => (digit === '9' ? '8' : '9'));
  const longer = await server.request('tools/call', { ...params, requestState: changed, inputResponses: { step2: accept({ color: 'green' }) } });
  check(longer.error?.code === -32602, 'a state whose time was changed is refused', longer);
  check(server.said.every(message => message.id === undefined), 'modern: nothing is ever asked on the line', server.said);
  await server.end();
}

for (const part of [modernSubscriptions, declaredShapes, legacyNews, modernLogging, legacyQuestions, modernState])
  await part().catch(error => check(false, `${part.name} went on (${error.stack ?? error})`));
process.exit(failures ? 1 : 0);
