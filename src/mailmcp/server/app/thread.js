// A conversation as read_thread gives it: new text, who wrote it and what was proved of that, what was left out.
const FLAGS = /_/g;
let shown = null;  // the record, with the pages that were asked for here

async function showResult(result) {
  if (result.structuredContent) { draw(result.structuredContent); return; }
  showWords(result);
  const again = host.arguments.thread ? await readAgain("read_thread", host.arguments) : null;
  if (again) draw(again.structuredContent);
}

function draw(record) {
  shown = record;
  const messages = record.messages || [];
  const count = record.count === 1 ? "1 message" : `${record.count} messages`;
  show(put("h1", "", theirs(messages[0]?.subject || "(no subject)")),
    put("p", "soft", `${count} in `, theirs(record.inbox || "")), messages.map((one, at) => card(one, messages[at - 1])),
    record.next_cursor ? button("More", "quiet", more) : null);
}

async function more() {
  const next = await readAgain("read_thread", { thread: shown.thread, cursor: shown.next_cursor });
  if (!next) return;
  const record = next.structuredContent;
  draw({ ...record, messages: [...shown.messages, ...record.messages] });
}

function card(message, before) {
  const [verdict, kind] = VERDICTS[message.trust] || [String(message.trust), "mind"];
  const proved = message.trust === "verified" && message.verified_domain ? `${message.verified_domain} verified` : verdict;
  const other = before && before.subject !== message.subject ? put("h2", "", theirs(message.subject)) : null;
  return put("article", "card",
    put("div", "head", put("strong", "", theirs(message.sender || "no one sender")),
      message.direction === "out" ? pill("sent from here", "") : pill(theirs(proved), kind),
      put("span", "soft", moment(message.received_at))),
    put("p", "soft", "to ", theirs((message.to || []).concat(message.cc || []).join(", "))), other,
    message.direction === "out" || message.trust === "verified" ? null : list((message.trust_reasons || []).map(one => theirs(one)), "why"),
    message.about ? put("p", "soft", theirs(message.about)) : null,
    put("div", "words", message.text || "(no new text)"),
    message.quoted ? put("div", "words soft", message.quoted) : null,
    extras(message));
}

function extras(message) {
  const lines = (message.attachments || []).map(one => ["Attached: ", theirs(one.name), ` (${one.type}, ${size(one.size)})`]);
  // A stranger's link is named, never one to press: where it leads is said before its words can say otherwise.
  for (const one of message.links || []) {
    const flags = (one.flags || []).map(flag => pill(flag.replace(FLAGS, " "), "bad"));
    lines.push([`[${one.number}] leads to `, put("code", "", theirs(one.host || one.url)), " ", ...flags]);
  }
  const hidden = (message.hidden || []).reduce((sum, one) => sum + one.chars, 0);
  const left = [
    hidden ? `${hidden} characters that a person would not see` : "",
    message.quoted_chars ? `${message.quoted_chars} quoted characters` : "",
    message.links_left_out ? `${message.links_left_out} links` : "",
    message.attachments_left_out ? `${message.attachments_left_out} attachments` : "",
  ].filter(Boolean);
  if (left.length) lines.push([`Left out: ${left.join(", ")}.`]);
  if (message.text_cut_at) lines.push(["It goes on."]);
  return lines.length ? list(lines, "extras") : null;
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
}
