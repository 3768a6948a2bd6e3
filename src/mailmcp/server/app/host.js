// A view's talk with the program that shows it: JSON-RPC by postMessage (MCP Apps of 2026-01-26). Whatever a mail says
// becomes a text node, never markup; nothing is loaded, kept or decided here.
"use strict";

const main = document.getElementById("main");
const asked = new Map();
const host = { capabilities: {}, arguments: {} };
let last = 0;

const VERDICTS = {
  verified: ["sender verified", "good"], local: ["this home", ""], unverified: ["sender not verified", "mind"],
  suspicious: ["suspicious", "bad"], failed: ["sender check failed", "bad"],
};

// --- elements -------------------------------------------------------------------------------------------------------

/** An element with children; a text is a text, whoever wrote it. */
function put(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.flat().filter(one => one !== null && one !== undefined && one !== ""));
  return node;
}

/** Strangers' words: their direction ends where they end. */
const theirs = (text, className = "") => put("bdi", className, String(text));
const pill = (text, kind) => put("span", `tag ${kind}`, text);
const list = (items, className = "") => put("ul", className, items.map(one => put("li", "", one)));

function button(text, className, pressed) {
  const node = put("button", className, text);
  node.type = "button";
  node.addEventListener("click", pressed);
  return node;
}

function moment(text) {
  const date = new Date(text);
  return isNaN(date) ? String(text) : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

function show(...children) {
  main.replaceChildren(...children.flat().filter(Boolean));
}

/** What a tool said in words: for whatever has no better picture. */
function showWords(result) {
  show(result.isError ? put("h1", "", "That did not work") : null, put("pre", "", wordsOf(result) || "No words came with it."));
}

const wordsOf = result => (Array.isArray(result.content) ? result.content : [])
  .map(one => (one && one.type === "text" ? String(one.text) : "")).filter(Boolean).join("\n");

// --- messages -------------------------------------------------------------------------------------------------------

function post(message) {
  window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");  // whose window it is the view cannot know
}

function ask(method, params) {
  const id = ++last;
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    post({ id, method, params });
  });
}

/** The result of a tool that only reads; null where the host does not let a view ask. */
async function readAgain(name, given) {
  try {
    const result = await ask("tools/call", { name, arguments: given });
    return result && result.structuredContent && !result.isError ? result : null;
  } catch {
    return null;
  }
}

function answered(message) {
  const waiting = asked.get(message.id);
  if (!waiting) return;
  asked.delete(message.id);
  if (message.error) waiting.reject(new Error(String(message.error.message || "refused")));
  else waiting.resolve(message.result);
}

function lookLike(context) {
  if (context && (context.theme === "light" || context.theme === "dark")) {
    document.documentElement.style.colorScheme = context.theme;
  }
}

const HEARD = {
  "ui/notifications/tool-input": params => { host.arguments = params.arguments || {}; },
  "ui/notifications/tool-result": params => (params.isError ? showWords(params) : showResult(params)),
  "ui/notifications/tool-cancelled": () => show(put("p", "soft", "The call was cancelled.")),
  "ui/notifications/host-context-changed": lookLike,
};

window.addEventListener("message", event => {
  const message = event.data;
  if (event.source !== window.parent || !message || message.jsonrpc !== "2.0") return;
  if (message.method === undefined) answered(message);
  else if (message.id === undefined) HEARD[message.method]?.(message.params || {});
  else if (message.method === "ping" || message.method === "ui/resource-teardown") post({ id: message.id, result: {} });
  else post({ id: message.id, error: { code: -32601, message: "This view does not answer that." } });
});

async function begin() {
  const told = await ask("ui/initialize", {
    protocolVersion: "2026-01-26",
    appInfo: { name: "mailmcp", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
  });
  host.capabilities = told.hostCapabilities || {};
  lookLike(told.hostContext);
  post({ method: "ui/notifications/initialized", params: {} });
  const page = document.documentElement;
  let size = "";
  new ResizeObserver(() => {
    const now = { width: Math.ceil(page.scrollWidth), height: Math.ceil(page.getBoundingClientRect().height) };
    if (size === (size = `${now.width} ${now.height}`)) return;
    post({ method: "ui/notifications/size-changed", params: now });
  }).observe(page);
}

begin().catch(() => show(put("p", "soft", "The program that shows this view did not take it up.")));
