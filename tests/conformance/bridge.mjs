// SPDX-License-Identifier: Apache-2.0
// Streamable HTTP in front of a stdio server, for the conformance suite, which speaks nothing else. It passes messages through and
// answers none by itself, so that the suite judges the server: a proxy that ends the protocol would judge the proxy.
//   node bridge.mjs COMMAND [ARGUMENT...]     prints "http://127.0.0.1:PORT/mcp" and serves until SIGTERM; the system chooses the port
// What only HTTP has is the bridge's own: Host and Origin, the Mcp-... headers, status codes, sessions. Loopback only, tests only.
//
// A legacy session (initialize) has a server process of its own. All modern requests share one, as they share the line of a stdio
// client, and since different HTTP clients use the same ids there, ids and progress tokens are renamed on the way.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import http from 'node:http';

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error('usage: bridge.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
const META = 'io.modelcontextprotocol/';
const isAnswer = message => message.id !== undefined && message.method === undefined;

class Program {
  static running = new Set();
  constructor(receive, ended) {
    this.process = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    Program.running.add(this);
    this.gone = new Promise(resolve => this.process.on('close', resolve)).then(() => {
      Program.running.delete(this);
      ended();
    });
    this.process.on('error', error => console.error(`bridge: ${error.message}`));
    this.process.stdin.on('error', () => {}); // it ended: told by `close`
    this.process.stdout.setEncoding('utf8');
    let begun = '';
    this.process.stdout.on('data', text => {
      const lines = (begun + text).split('\n');
      begun = lines.pop();
      for (const line of lines) receive(JSON.parse(line)); // what is no JSON on this line ends the bridge, and the test with it
    });
  }
  send(message) { this.process.stdin.write(`${JSON.stringify(message)}\n`); }
  async end() {
    this.process.stdin.end();
    const patience = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await this.gone;
    clearTimeout(patience);
  }
}

function sendJson(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
const refuse = (response, status, code, message, id) =>
  sendJson(response, status, { jsonrpc: '2.0', ...(id === undefined ? {} : { id }), error: { code, message } });

// The modern era gives errors a status; the legacy one says 200 to whatever has an answer.
const STATUS = { '-32601': 404, '-32700': 400, '-32600': 400, '-32602': 400, '-32020': 400, '-32021': 400, '-32022': 400 };

// One HTTP response: plain JSON, unless something comes before the answer; then a stream of events.
class Reply {
  constructor(response, { legacy = false, headers = {} } = {}) {
    Object.assign(this, { response, legacy, headers, streaming: false });
  }
  stream() {
    if (this.streaming || this.response.writableEnded) return;
    this.streaming = true;
    this.response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...this.headers });
    this.response.flushHeaders();
  }
  event(message) {
    this.stream();
    if (!this.response.writableEnded) this.response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }
  answer(message) {
    if (this.response.writableEnded) return;
    if (!this.streaming)
      return sendJson(this.response, this.legacy ? 200 : STATUS[message.error?.code] ?? 200, message, this.headers);
    this.event(message);
    this.response.end();
  }
}

// ---- modern

let shared;
let renamed = 0;
const pending = new Map(); // the renamed id: { id, token, reply, listens }

function fromShared(message) {
  const meta = message.result?._meta ?? message.params?._meta;
  const subscription = meta?.[`${META}subscriptionId`];
  const original = pending.get(subscription);
  if (original) meta[`${META}subscriptionId`] = original.id;
  if (isAnswer(message)) {
    const request = pending.get(message.id);
    pending.delete(message.id);
    return request?.reply.answer({ ...message, id: request.id });
  }
  if (message.method === 'notifications/progress') {
    const request = pending.get(message.params.progressToken);
    return request?.reply.event({ ...message, params: { ...message.params, progressToken: request.token } });
  }
  // A log message says nothing about its request: it is the youngest that is still open.
  const to = subscription === undefined ? [...pending.values()].filter(request => !request.listens).at(-1) : original;
  to?.reply.event(message);
}

function sharedProgram() {
  shared ??= new Program(fromShared, () => {
    shared = undefined;
    for (const request of pending.values()) request.reply.response.end();
    pending.clear();
  });
  return shared;
}

const plain = value => {
  const encoded = /^=\?base64\?(.*)\?=$/i.exec(value ?? '');
  return encoded ? Buffer.from(encoded[1], 'base64').toString('utf8') : value;
};
const NAMED = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri', 'tasks/get': 'taskId', 'tasks/update': 'taskId', 'tasks/cancel': 'taskId' };

// What of the headers is missing or says another thing than the body.
function headerMismatch(headers, message) {
  const version = message.params?._meta?.[`${META}protocolVersion`];
  const said = headers['mcp-protocol-version'];
  if (said === undefined || (version !== undefined && version !== said)) return 'MCP-Protocol-Version';
  if (headers['mcp-method'] !== message.method) return 'Mcp-Method';
  const name = NAMED[message.method];
  return name && plain(headers['mcp-name']) !== message.params?.[name] ? 'Mcp-Name' : undefined;
}

function modern(request, response, message) {
  const wrong = headerMismatch(request.headers, message);
  if (wrong) return refuse(response, 400, -32020, `Header mismatch: ${wrong}`, message.id);
  if (message.id === undefined) {
    sharedProgram().send(message);
    return sendJson(response, 202);
  }
  const id = `bridge-${++renamed}`;
  const token = message.params?._meta?.progressToken;
  const params = message.params && { ...message.params };
  if (token !== undefined) params._meta = { ...params._meta, progressToken: id };
  pending.set(id, { id: message.id, token, reply: new Reply(response), listens: message.method === 'subscriptions/listen' });
  response.on('close', () => {
    // The client went away before the answer: on stdio that is a notification.
    if (pending.delete(id)) shared?.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
  });
  sharedProgram().send({ ...message, id, ...(params ? { params } : {}) });
}

// ---- legacy

const sessions = new Map();

class Session {
  constructor() {
    this.id = randomUUID();
    this.headers = { 'mcp-session-id': this.id };
    this.open = new Map(); // request id: { reply, token }
    this.listener = undefined; // the reply of GET
    this.program = new Program(message => this.receive(message), () => {
      sessions.delete(this.id);
      for (const { reply } of this.open.values()) reply.response.end();
      this.listener?.response.end();
    });
    sessions.set(this.id, this);
  }
  receive(message) {
    if (isAnswer(message)) {
      this.open.get(message.id)?.reply.answer(message);
      return this.open.delete(message.id);
    }
    const requests = [...this.open.values()];
    const token = message.method === 'notifications/progress' ? message.params.progressToken : undefined;
    const owner = token === undefined ? undefined : requests.find(request => request.token === token);
    // Of no request at all: the stream of GET. Everything else (a form, a log message) belongs to the youngest request.
    const general = /list_changed$|resources\/updated$/.test(message.method);
    (owner?.reply ?? (general ? this.listener : requests.at(-1)?.reply ?? this.listener))?.event(message);
  }
  post(response, message) {
    if (message.method === undefined || message.id === undefined) {
      this.program.send(message);
      return sendJson(response, 202, undefined, this.headers);
    }
    const reply = new Reply(response, { legacy: true, headers: this.headers });
    this.open.set(message.id, { reply, token: message.params?._meta?.progressToken });
    this.program.send(message);
  }
}

function legacy(request, response, message) {
  const id = request.headers['mcp-session-id'];
  if (id === undefined && message.method === 'initialize') return new Session().post(response, message);
  if (id === undefined) return refuse(response, 400, -32000, 'Mcp-Session-Id is missing', message.id ?? null);
  const session = sessions.get(id);
  return session ? session.post(response, message) : refuse(response, 404, -32001, 'no such session', message.id ?? null);
}

function withoutBody(request, response) {
  const session = sessions.get(request.headers['mcp-session-id']);
  if (!session) return sendJson(response, request.headers['mcp-session-id'] ? 404 : 405);
  if (request.method === 'DELETE') {
    sessions.delete(session.id);
    return session.program.end().then(() => sendJson(response, 200));
  }
  session.listener = new Reply(response, { legacy: true, headers: session.headers });
  session.listener.stream();
}

// ---- the line

function isLocal(host) {
  try {
    return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(host).hostname);
  } catch {
    return false;
  }
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts));
}

const server = http.createServer(async (request, response) => {
  const { host, origin } = request.headers;
  if (!isLocal(`http://${host}`) || (origin !== undefined && !isLocal(origin)))
    return refuse(response, 403, -32000, 'this Host or Origin is not allowed');
  if (new URL(request.url, 'http://localhost').pathname !== '/mcp') return sendJson(response, 404);
  if (request.method === 'GET' || request.method === 'DELETE') return withoutBody(request, response);
  if (request.method !== 'POST') return sendJson(response, 405);
  const message = await body(request).catch(() => undefined);
  if (message === undefined) return refuse(response, 400, -32700, 'no JSON', null);
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return refuse(response, 400, -32600, 'one JSON-RPC object a request', null);
  const version = request.headers['mcp-protocol-version'];
  const isModern = message.params?._meta?.[`${META}protocolVersion`] !== undefined || (version !== undefined && !/^202[45]-/.test(version));
  return (isModern ? modern : legacy)(request, response, message);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));

async function stop() {
  server.close();
  server.closeAllConnections();
  await Promise.all([...Program.running].map(program => program.end()));
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
