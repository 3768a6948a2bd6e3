// What a link by mail opens: one draft, and a decision with the code of that mail. It uses what page.js draws with.
"use strict";

const token = location.hash.slice(1);
history.replaceState(null, "", "/review");

async function request(path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST", headers, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit", cache: "no-store", redirect: "error",
    });
  } catch { throw new Trouble(0, "mailmcp does not answer. The machine that it runs on may be off."); }
  if (!answer.ok) throw new Trouble(answer.status, (await answer.json().catch(() => ({}))).error || "Something went wrong.");
  return answer;
}

function over(title, text) {
  disarm();
  show(title, el("div", { class: "card empty" }, el("img", { src: "/icon.svg", width: 44, height: 44, alt: "" }),
    el("h1", {}, title), el("p", { class: "soft" }, text)));
}

function verdict(found) {
  const field = (id, label, props) => [el("label", { for: id }, label), el("input", { id, ...props })];
  const code = field("code", "The code of the mail that you came from", { type: "text", inputmode: "numeric", autocomplete: "off", required: true, maxlength: 12 });
  const secret = found.passphrase ? field("passphrase", "To approve: your approver's passphrase", { type: "password", autocomplete: "current-password" }) : [];
  const reason = field("word", "To reject: a word for the assistant, or nothing", { type: "text", maxlength: 2000 });
  const approve = el("button", { class: "main", type: "submit" }, found.send_at ? "Approve" : "Approve and send");
  const reject = el("button", { class: "danger", type: "button" }, "Reject");
  const bar = el("section", { class: "decide", "aria-label": "Your decision" });
  const decided = async (what, more) => {
    if (approve.dataset.busy === "1" || !code[1].reportValidity()) return;
    for (const one of [approve, reject]) { one.dataset.busy = "1"; one.disabled = true; }
    try {
      const after = await (await request(`/api/review/${what}`, { code: code[1].value, sha256: found.sha256, revision: found.revision, ...more })).json();
      over(after.state === "rejected" ? "It was rejected" : "You have approved it",
        after.state === "rejected" ? "The assistant has been told." : `It is ${(STATES[after.state] || [after.state])[0]}.`);
    } catch (error) {
      if (error.status === 404) { over("This link is over", error.message); return; }
      for (const one of [approve, reject]) one.dataset.busy = "";
      bar.querySelector(".trouble")?.remove();
      bar.prepend(el("p", { class: "trouble", role: "alert" }, error.message));
    }
  };
  reject.addEventListener("click", () => decided("reject", { word: reason[1].value }));
  armed([approve, reject]);
  bar.append(el("form", { onsubmit: event => {
    event.preventDefault();
    decided("approve", secret.length ? { passphrase: secret[1].value } : {});
  } }, code, secret, reason, el("div", { class: "buttons" }, approve, el("span", { class: "end" }), reject),
  el("p", { class: "named hint" }, "You decide about exactly this message. ", el("span", { class: "hash" }, found.sha256.slice(0, 16), "…"))));
  return bar;
}

async function reviewing() {
  try {
    const found = await (await request("/api/review")).json();
    show(plain(found.subject) || "Draft", el("h1", {}, words(found.subject, "(no subject)")), facts(found),
      found.notices.length ? card("Look closely", "notices", list(found.notices)) : null,
      found.reasons.length ? card("Why it waits", "reasons", list(found.reasons)) : null,
      card("", "", el("dl", { class: "people" }, found.people.map(person).flat())), message(found, "/api/review"),
      found.files.length ? card("Attachments", "", el("ul", { class: "plain files" },
        found.files.map(one => file(one, part => request(`/api/review/files/${part}`))))) : null,
      found.note.length ? card("The assistant says", "", el("p", { class: "note soft" }, words(found.note))) : null,
      thread(found), verdict(found));
  } catch (error) { over("This link leads nowhere", error.message); }
}

reviewing();
