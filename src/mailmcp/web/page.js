// The approval page. Everything that a mail says is written as text, never as markup; nothing is decided without a
// request that names the hash of what was shown.
"use strict";

const WORD = "mailmcp-word";
const ROLES = { from: "From", reply_to: "Answers to", to: "To", cc: "Cc", bcc: "Bcc" };
const STATES = {
  held: ["waits", "mind"], queued: ["leaves soon", ""], claimed: ["is leaving", ""], on_wire: ["is leaving", ""],
  sent: ["sent", "good"], rejected: ["rejected", "bad"], expired: ["expired", "bad"], withdrawn: ["withdrawn", ""],
  failed: ["failed", "bad"], unknown: ["may have left", "bad"], refused: ["refused", "bad"],
};
const VERDICTS = {
  verified: ["sender verified", "good"], local: ["this home", ""], unverified: ["sender not verified", "mind"],
  suspicious: ["suspicious", "bad"], failed: ["sender check failed", "bad"],
};
const ARMED_AFTER = 1000;
const LOOK_AGAIN = 4000;
const main = document.getElementById("main");
let turn = 0;            // which view is shown: what comes late for another one is dropped
let watched = null;      // the draft that is shown, as the list knows it
let disarm = () => {};

// --- elements -------------------------------------------------------------------------------------------------------

function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter(one => one !== null && one !== undefined && one !== false));
  return node;
}

function words(pieces, empty = "") {
  if (!pieces.length) return [empty ? el("span", { class: "soft" }, empty) : ""];
  return pieces.map(one => typeof one === "string" ? one
    : el("span", { class: "sign", title: "a character that nobody would see" }, one.sign));
}

const plain = pieces => pieces.map(one => typeof one === "string" ? one : "").join("");
const tag = (text, kind = "") => el("span", { class: `tag ${kind}` }, text);
const list = (items, className) => el("ul", { class: className }, items.map(one => el("li", {}, one)));

function card(title, className, ...children) {
  return el("section", { class: `card ${className}` }, title ? el("h2", {}, title) : null, ...children);
}

function stateTag(state) {
  const [text, kind] = STATES[state] || [state, ""];
  return tag(text, kind);
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function ago(text) {
  const minutes = Math.round((Date.now() - new Date(text)) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h ago` : new Date(text).toLocaleDateString();
}

function left(text) {
  const minutes = Math.max(0, Math.round((new Date(text) - Date.now()) / 60000));
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

const at = text => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

function say(text) {
  document.getElementById("said").textContent = text;
}

function show(title, ...children) {
  main.replaceChildren(...children.flat().filter(Boolean));
  document.title = title ? `${title} · mailmcp` : "mailmcp: approval";
  const heading = main.querySelector("h1");
  if (heading) { heading.tabIndex = -1; heading.focus({ preventScroll: true }); }
  window.scrollTo(0, 0);
}

// --- the server -----------------------------------------------------------------------------------------------------

class Trouble extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

function word(value) {
  try {
    if (value !== undefined) localStorage.setItem(WORD, value);
    return localStorage.getItem(WORD) || "";
  } catch { return value || ""; }
}

async function ask(path, body) {
  const headers = { "X-Mailmcp-Word": word() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST", headers, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin", cache: "no-store", redirect: "error",
    });
  } catch { throw new Trouble(0, "mailmcp does not answer. It may have ended: is the assistant's program still open?"); }
  if (answer.ok) return answer;
  let text = "Something went wrong.";
  try { text = (await answer.clone().json()).error || text; } catch { text = (await answer.text()) || text; }
  throw new Trouble(answer.status, text);
}

const get = async path => (await ask(path)).json();
const post = async (path, body) => (await ask(path, body)).json();

function locked(text) {
  watched = null;
  document.getElementById("waiting").hidden = true;
  show("", el("div", { class: "card empty" },
    el("img", { src: "/icon.svg", width: 44, height: 44, alt: "" }),
    el("h1", {}, "This page is closed"), el("p", { class: "soft" }, text)));
}

function failed(error) {
  if (error.status === 401 || error.status === 429) { locked(error.message); return; }
  show("", el("div", { class: "card empty" }, el("h1", {}, "That did not work"),
    el("p", { class: "soft" }, error.message), el("p", {}, el("a", { href: "#" }, "All drafts"))));
}

// --- the list -------------------------------------------------------------------------------------------------------

function row(one) {
  const more = one.reasons.length > 1 ? ` (and ${one.reasons.length - 1} more)` : "";
  return el("li", {}, el("a", { class: "card row", href: `#${one.id}` },
    el("div", { class: "line" }, el("span", { class: "subject" }, words(one.subject, "(no subject)")),
      el("span", { class: "soft small" }, ago(one.created))),
    el("div", { class: "small" }, "to ", one.recipients.map((who, place) => [place ? ", " : "", el("bdi", {}, who)]).flat()),
    el("p", { class: "why" }, (one.reasons[0] || "The assistant asks for your approval.") + more)));
}

function past(one) {
  return el("li", {}, el("a", { href: `#${one.id}` }, words(one.subject, "(no subject)")),
    el("span", { class: "soft small" }, one.recipients.slice(0, 2).join(", ")
      + (one.recipients.length > 2 ? ` +${one.recipients.length - 2}` : "")), stateTag(one.state));
}

function count(data) {
  const badge = document.getElementById("waiting");
  badge.hidden = !data.held.length;
  badge.textContent = `${data.held.length} waiting`;
  document.getElementById("foot").replaceChildren(`mailmcp ${data.version} · ${data.home}`);
}

async function drafts(mine) {
  const data = await get("/api/drafts");
  if (mine !== turn) return;
  count(data);
  const shown = [];
  if (data.held.length) {
    shown.push(el("h1", {}, data.held.length === 1 ? "One message waits for you" : `${data.held.length} messages wait for you`),
      el("p", { class: "soft intro" }, "Your assistant wrote them. Nothing leaves before you have looked at it."),
      el("ul", { class: "plain" }, data.held.map(row)));
  } else {
    shown.push(el("div", { class: "card empty" }, el("img", { src: "/icon.svg", width: 44, height: 44, alt: "" }),
      el("h1", {}, "Nothing waits for you"),
      el("p", { class: "soft" }, "A message that needs your approval shows up here by itself.")));
  }
  for (const [title, found] of [["On the way", data.leaving], ["Decided lately", data.recent]]) {
    if (found.length) shown.push(el("section", { class: "group" }, el("h2", {}, title),
      el("ul", { class: "card plain done" }, found.map(past))));
  }
  if (data.unproved) shown.push(el("p", { class: "soft small" }, data.unproved, " ",
    el("span", { class: "mono" }, "mailmcp approver set"), " asks for a passphrase."));
  show("Approval", ...shown);
  watched = { list: JSON.stringify([data.held, data.leaving, data.recent]) };
}

// --- one draft ------------------------------------------------------------------------------------------------------

function person(one, place, all) {
  const again = place > 0 && all[place - 1].role === one.role;
  return [el("dt", again ? { class: "again" } : {}, ROLES[one.role]), el("dd", {}, one.name.length ? [words(one.name), " "] : null,
    el("span", { class: "email" }, one.email), " ",
    one.ascii ? tag(`= ${one.ascii}`, "bad") : null, one.own ? tag("this home", "good") : null,
    one.new ? tag("first mail there", "mind") : null, one.role === "bcc" ? tag("the others do not see it") : null)];
}

function file(one, fetched) {
  const save = async () => {
    try {
      const answer = await fetched(one.part);
      const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: plain(one.name) || "attachment" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    } catch (error) { say(error.message); }
  };
  return el("li", {}, el("div", { class: "line" }, el("strong", {}, words(one.name)), " ",
    el("span", { class: "soft small" }, `${one.kind || one.type}, ${size(one.size)}`), " ",
    el("button", { class: "quiet", type: "button", onclick: save, "aria-label": `Save ${plain(one.name)}` }, "Save")),
    one.doubt ? el("div", { class: "small" }, tag("mind", "bad"), " ", one.doubt) : null,
    el("div", { class: "hash" }, `SHA-256 ${one.sha256}`));
}

function message(draft, address) {
  const frame = draft.html ? el("details", { class: "part" }, el("summary", {}, "The HTML version, as it would look")) : null;
  if (frame) frame.addEventListener("toggle", () => {
    if (frame.open && !frame.querySelector("iframe")) frame.append(
      el("p", { class: "hint" }, "Pictures from elsewhere are not loaded, and its links lead nowhere here."),
      el("iframe", { sandbox: "", referrerpolicy: "no-referrer", title: "The HTML version of the message",
        src: `${address}/html?permit=${draft.permit}` }));
  });
  const hidden = draft.hidden.length ? el("div", { class: "part" }, el("h2", {}, "Hidden in the HTML"),
    list(draft.hidden.map(one => [tag(one.kind, "bad"), " ", one.text]), "plain")) : null;
  const links = draft.links.length ? el("details", { class: "part" }, el("summary", {}, draft.links.length === 1 ? "Where its link leads" : `Where its ${draft.links.length} links lead`),
    list(draft.links.map(one => [el("bdi", {}, words(one.text, "(no words)")), " → ", el("span", { class: "mono" }, words(one.url)),
      ...one.flags.map(flag => [" ", tag(flag.replaceAll("_", " "), "bad")]).flat()]), "plain")) : null;
  return card("Message", "", el("p", { class: "words", dir: "auto" }, words(draft.text, "(no text)")), frame, hidden, links);
}

function thread(draft) {
  if (!draft.thread.length) return null;
  const shown = draft.thread.map(one => {
    const [verdict, kind] = VERDICTS[one.verdict] || [one.verdict, ""];
    return el("li", {}, el("div", { class: "head" }, el("strong", {}, one.from), el("span", { class: "soft" }, at(one.when)),
      one.outgoing ? null : tag(verdict, kind), one.answered ? tag("answered here") : null),
      el("div", { class: "words", tabindex: 0, role: "group", "aria-label": `Words of ${one.from}` },
        one.text || "(no words)", one.cut ? " …" : ""));
  });
  const more = draft.thread_count > shown.length ? ` (the last ${shown.length} of ${draft.thread_count} messages)` : "";
  return card(`The conversation${more}`, "", el("ul", { class: "plain thread" }, shown));
}

function proof(draft) {
  const source = el("details", {}, el("summary", {}, "Source of the message"));
  source.addEventListener("toggle", async () => {
    if (!source.open || source.querySelector("pre")) return;
    const pre = el("pre", { class: "source", tabindex: 0 }, "…");
    source.append(pre);
    try { pre.textContent = (await (await ask(`/api/drafts/${draft.id}/source`)).text()).slice(0, 300000); }
    catch (error) { pre.textContent = error.message; }
  });
  return card("Proof", "", el("div", { class: "hash" }, `Version ${draft.revision}, SHA-256 ${draft.sha256}`),
    draft.audit ? el("div", { class: "hash" }, `Audit log, line ${draft.audit.line}: ${draft.audit.hash}`) : null,
    draft.code ? el("p", { class: "hint" }, "In a client that you trust, this code approves it: ", el("span", { class: "mono" }, draft.code)) : null,
    draft.unproved ? el("p", { class: "hint" }, draft.unproved) : null, el("div", { class: "part" }, source));
}

function facts(draft) {
  return el("div", { class: "facts" }, stateTag(draft.state), el("span", {}, `written ${ago(draft.created)}`),
    draft.expires ? el("span", {}, `counts as rejected in ${left(draft.expires)}`) : null,
    draft.send_at ? el("span", {}, `is to leave ${at(draft.send_at)}`) : null,
    draft.revision > 1 ? el("span", {}, `edited, version ${draft.revision}`) : null);
}

function outcome(draft) {
  if (draft.state === "held") return null;
  const sentences = {
    queued: "You have decided; it is waiting to leave.", claimed: "It is leaving now.", on_wire: "It is leaving now.",
    sent: "It was sent.", rejected: "It was rejected; the assistant has been told.", failed: "It could not be sent.",
    expired: "Nobody decided in time; it counts as rejected.", withdrawn: "The assistant took it back.",
    held_elsewhere: "The mail provider keeps it for a review of its own: it has not left. Decide about it there.",
    unknown: "It may have left: the answer was lost. Ask the recipients; it is not sent again by itself.",
  };
  const bad = ["rejected", "failed", "expired", "unknown"].includes(draft.state);
  return el("section", { class: `card outcome ${bad ? "bad" : ""}` }, el("p", {}, sentences[draft.state] || draft.state),
    draft.error ? el("p", { class: "soft" }, draft.error) : null);
}

async function draft(id, mine, trouble = "") {
  const address = `/api/drafts/${encodeURIComponent(id)}`;
  const found = await get(address);
  if (mine !== turn) return;
  const mind = found.notices.length ? card("Look closely", "notices", list(found.notices)) : null;
  const why = found.reasons.length ? card(found.state === "held" ? "Why it waits" : "Why it waited", "reasons", list(found.reasons)) : null;
  const note = found.note.length ? card("The assistant says", "", el("p", { class: "note soft" }, words(found.note))) : null;
  const files = found.files.length ? card("Attachments", "", el("ul", { class: "plain files" },
    found.files.map(one => file(one, part => ask(`${address}/files/${part}`))))) : null;
  const held = found.state === "held";
  show(plain(found.subject) || "Draft", el("a", { class: "back", href: "#" }, "← All drafts"),
    el("h1", {}, words(found.subject, "(no subject)")), facts(found),
    trouble ? el("p", { class: "trouble", role: "alert" }, trouble) : null, outcome(found), mind, why,
    card("", "", el("dl", { class: "people" }, found.people.map(person).flat())), message(found, address), files, note,
    thread(found), proof(found), held ? deciding(found) : null);
  watched = { id: found.id, state: found.state, revision: found.revision };
  if (!held && ["queued", "claimed", "on_wire"].includes(found.state)) watched.moves = true;
}

// --- deciding -------------------------------------------------------------------------------------------------------

// Nothing can be decided in the first moment, nor right after the window came to the front: a click that was meant
// for something else (another page can open this one under the pointer) finds the buttons asleep.
function armed(buttons) {
  let since = null;
  const look = () => {
    const awake = document.visibilityState === "visible" && document.hasFocus();
    if (!awake) since = null;
    else since ??= performance.now();
    const ready = awake && performance.now() - since >= ARMED_AFTER;
    for (const one of buttons) one.disabled = !ready || one.dataset.busy === "1";
  };
  const timer = setInterval(look, 100);
  window.addEventListener("blur", look);
  look();
  disarm = () => { clearInterval(timer); window.removeEventListener("blur", look); };
}

async function decide(found, what, body, buttons, doing) {
  if (buttons.some(one => one.dataset.busy === "1")) return;
  for (const one of buttons) { one.dataset.busy = "1"; one.disabled = true; }
  say(doing);
  const mine = ++turn;
  try {
    const after = await post(`/api/drafts/${found.id}/${what}`, { sha256: found.sha256, revision: found.revision, ...body });
    disarm();
    await draft(found.id, mine);
    say(`The draft is ${(STATES[after.state] || [after.state])[0]}.`);
  } catch (error) {
    if (error.status === 401) { failed(error); return; }
    say(error.message);
    const retry = error.status === 400 || /passphrase/i.test(error.message);
    if (retry) {
      for (const one of buttons) one.dataset.busy = "";
      const place = main.querySelector(".decide");
      place.querySelector(".trouble")?.remove();
      place.prepend(el("p", { class: "trouble", role: "alert" }, error.message));
    } else { disarm(); draft(found.id, mine, error.message).catch(failed); }
  }
}

function deciding(found) {
  const bar = el("section", { class: "decide", "aria-label": "Your decision" });
  const start = () => bar.replaceChildren(...choices(found, bar, start));
  start();
  return bar;
}

function choices(found, bar, start) {
  const secret = found.passphrase ? el("input", { type: "password", id: "passphrase", autocomplete: "current-password" }) : null;
  const approve = el("button", { class: "main", type: "submit" }, found.send_at ? "Approve" : "Approve and send");
  const edit = el("button", { type: "button", onclick: () => { disarm(); editing(found); } }, "Edit");
  const reject = el("button", { class: "danger", type: "button",
    onclick: () => { disarm(); rejecting(found, bar, start); } }, "Reject");
  armed([approve, reject]);
  const form = el("form", { onsubmit: event => {
    event.preventDefault();
    if (approve.disabled) return;
    decide(found, "approve", secret ? { passphrase: secret.value } : {}, [approve, reject], "It is being sent.");
  } }, secret ? [el("label", { for: "passphrase" }, "Your approver's passphrase"), secret] : null,
  el("div", { class: "buttons" }, approve, edit, el("span", { class: "end" }), reject),
  el("p", { class: "named hint" }, "You approve exactly this message for ",
    `${found.recipients.length === 1 ? "one recipient" : `${found.recipients.length} recipients`}. `,
    el("span", { class: "hash" }, found.sha256.slice(0, 16), "… "), el("span", { class: "unproved" }, found.unproved || "")));
  return [form];
}

function rejecting(found, bar, start) {
  const text = el("textarea", { id: "word", maxlength: 2000, "aria-describedby": "word-hint" });
  const reject = el("button", { class: "danger", type: "submit" }, "Reject");
  const cancel = el("button", { type: "button", onclick: start }, "Cancel");
  armed([reject]);
  bar.replaceChildren(el("form", { onsubmit: event => {
    event.preventDefault();
    if (!reject.disabled) decide(found, "reject", { word: text.value }, [reject], "It is being rejected.");
  }, onkeydown: event => { if (event.key === "Escape") { disarm(); start(); } } },
  el("label", { for: "word" }, "A word for the assistant"), text,
  el("p", { class: "hint", id: "word-hint" }, "It may be left empty. The assistant reads it and may write again."),
  el("div", { class: "buttons" }, reject, cancel)));
  text.focus();
}

function editing(found) {
  const value = found.editable;
  const field = (id, label, input, hint) => [el("label", { for: id }, label), input, hint ? el("p", { class: "hint" }, hint) : null];
  const input = (id, text) => { const node = el("input", { id, type: "text", spellcheck: "false" }); node.value = text; return node; };
  const people = Object.fromEntries(["to", "cc", "bcc"].map(name => [name, input(name, value[name].join("; "))]));
  const subject = input("subject", value.subject);
  const text = el("textarea", { id: "text", class: "text", dir: "auto" });
  text.value = found.plain;
  const save = el("button", { class: "main", type: "submit" }, "Save and look again");
  const mine = ++turn;
  watched = { id: found.id, state: found.state, revision: found.revision, editing: true };
  const form = el("form", { class: "card", onsubmit: async event => {
    event.preventDefault();
    if (save.dataset.busy === "1") return;
    save.dataset.busy = "1"; save.disabled = true;
    const split = node => node.value.split(/[;\n]|,(?![^<]*>)(?=[^"]*(?:"[^"]*"[^"]*)*$)/).map(one => one.trim()).filter(Boolean);
    const body = { sha256: found.sha256, revision: found.revision };
    for (const name of ["to", "cc", "bcc"]) if (people[name].value !== value[name].join("; ")) body[name] = split(people[name]);
    if (subject.value !== value.subject) body.subject = subject.value;
    if (text.value !== found.plain) body.body = text.value;
    try {
      await post(`/api/drafts/${found.id}/edit`, body);
      if (mine === turn) { await draft(found.id, ++turn); say("The new version is shown. It waits for your approval."); }
    } catch (error) {
      if (error.status === 401) { failed(error); return; }
      save.dataset.busy = ""; save.disabled = false;
      form.querySelector(".trouble")?.remove();
      form.prepend(el("p", { class: "trouble", role: "alert" }, error.message));
      form.querySelector(".trouble").scrollIntoView({ block: "nearest" });
    }
  } },
  field("to", "To", people.to, "Several addresses with a semicolon between them."), field("cc", "Cc", people.cc),
  field("bcc", "Bcc", people.bcc), field("subject", "Subject", subject),
  field("text", "Text", text, found.html ? "When you change the text, the HTML version is left out: it would still say the old one." : ""),
  found.files.length ? el("p", { class: "hint" }, found.files.length === 1 ? "The attachment stays as it is." : `The ${found.files.length} attachments stay as they are.`) : null,
  el("div", { class: "buttons part" }, save,
    el("button", { type: "button", onclick: () => draft(found.id, ++turn).catch(failed) }, "Cancel")));
  show("Edit", el("h1", {}, "Edit the message"), el("p", { class: "soft intro" }, "You see it once more before it leaves."), form);
  people.to.focus({ preventScroll: true });
}

// --- where we are ---------------------------------------------------------------------------------------------------

async function route() {
  disarm();
  const mine = ++turn;
  watched = null;
  const id = location.hash.slice(1);
  try { await (/^d_[a-z0-9]{1,40}$/.test(id) ? draft(id, mine) : drafts(mine)); } catch (error) { if (mine === turn) failed(error); }
}

async function look() {
  if (document.visibilityState !== "visible" || !watched) return;
  const mine = turn, before = watched;
  try {
    const data = await get("/api/drafts");
    if (mine !== turn || before !== watched) return;
    count(data);
    if (before.list !== undefined) {
      if (JSON.stringify([data.held, data.leaving, data.recent]) !== before.list && document.activeElement?.tagName !== "A") await drafts(mine);
      return;
    }
    const now = [...data.held, ...data.leaving, ...data.recent].find(one => one.id === before.id);
    if (!now || (now.state === before.state && now.revision === before.revision)) return;
    if (before.moves) { await draft(before.id, mine); return; }
    if (!main.querySelector(".trouble.changed")) {
      const text = now.state === "held" ? "This draft was edited elsewhere. " : `This draft was decided elsewhere: it is ${(STATES[now.state] || [now.state])[0]}. `;
      main.prepend(el("p", { class: "trouble changed", role: "alert" }, text,
        el("button", { class: "quiet", type: "button", onclick: route }, "Look again")));
      for (const one of main.querySelectorAll(".decide button, form button[type=submit]")) one.dataset.busy = "1", one.disabled = true;
    }
  } catch (error) { if (error.status === 401 && mine === turn && !before.editing) failed(error); }
}

async function begin() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", "/");
    try { word((await post("/api/session", { token })).word); } catch (error) { locked(error.message); return; }
  }
  window.addEventListener("hashchange", route);
  document.getElementById("home").addEventListener("click", event => {
    event.preventDefault();
    if (location.hash) location.hash = ""; else route();
  });
  document.querySelector(".skip").addEventListener("click", event => { event.preventDefault(); main.focus(); });
  setInterval(look, LOOK_AGAIN);
  document.addEventListener("visibilitychange", look);
  await route();
}

if (!document.body.dataset.review) begin();
