// Drafts, and where a human decides about them. The page that decides is opened by the host, in a browser.
const PAGE = "io.mailmcp/page";
const STATES = {
  held: ["waits for you", "mind"], held_elsewhere: ["kept by the service", "mind"], queued: ["leaves soon", ""],
  claimed: ["is leaving", ""], on_wire: ["is leaving", ""], sent: ["sent", "good"], rejected: ["rejected", "bad"],
  expired: ["expired", "bad"], withdrawn: ["withdrawn", ""], failed: ["failed", "bad"], unknown: ["may have left", "bad"],
  refused: ["refused", "bad"],
};
const OURS = /^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}\/$/;
const ID = /^d_[\w-]{1,64}$/;

/** What a result says of drafts, as check_draft says it; null when the host kept the record to itself. */
function draftsOf(result) {
  const record = result.structuredContent;
  if (!record) return null;
  return Array.isArray(record.drafts) ? record.drafts : [record];
}

function pageOf(result) {
  const told = (result._meta && result._meta[PAGE]) || {};
  return { address: OURS.test(told.address) ? told.address : "", command: String(told.command || "") };
}

async function showResult(result) {
  const drafts = draftsOf(result);
  if (drafts) draw(drafts, pageOf(result));
  else showWords(result);
  const complete = drafts && drafts.every(one => one.subject !== undefined) && result._meta && result._meta[PAGE];
  if (complete || (drafts && !drafts[0]?.draft)) return;
  // send and draft_for_approval name the draft alone, and some hosts hand a view the words only, which begin with ours.
  const named = drafts?.[0]?.draft || host.arguments.draft || (wordsOf(result).match(/\bdraft (d_[\w-]+) to /) || [])[1];
  const again = await readAgain("check_draft", ID.test(named || "") ? { draft: named } : {});
  if (again) draw(draftsOf(again), pageOf(again));
}

function draw(drafts, page) {
  const held = drafts.filter(one => one.status === "held");
  const title = held.length === 0 ? "Nothing waits for you"
    : held.length === 1 ? "One message waits for you" : `${held.length} messages wait for you`;
  const again = drafts.some(one => one.draft) ? button("Look again", "quiet", () => look(drafts, page)) : null;
  show(put("div", "head", put("h1", "", title), again), drafts.map(one => card(one, page)),
    held.length ? where(page) : null);
}

async function look(drafts, page) {
  const again = await readAgain("check_draft", drafts.length === 1 && drafts[0].draft ? { draft: drafts[0].draft } : {});
  if (!again) return;
  const now = pageOf(again);
  draw(draftsOf(again), now.address || now.command ? now : page);
}

function card(draft, page) {
  const [state, kind] = STATES[draft.status] || [String(draft.status), ""];
  const rows = [["From", draft.inbox], ["To", (draft.recipients || []).join(", ")]].filter(([, words]) => words);
  const people = put("dl", "", rows.map(([name, words]) => [put("dt", "", name), put("dd", "", theirs(words))]).flat());
  const reasons = (draft.reasons || []).map(one => theirs(one));
  const lacks = (draft.deliveries || []).map(one => theirs(`${one.recipient}: ${one.status}${one.detail ? `, ${one.detail}` : ""}`));
  return put("article", "card",
    put("div", "head", put("h2", "", draft.subject === undefined ? "A message" : theirs(draft.subject || "(no subject)")), pill(state, kind)),
    people, reasons.length ? put("div", "why", put("h3", "", "Why"), list(reasons)) : null,
    draft.error ? put("p", "why", theirs(draft.error)) : null, lacks.length ? list(lacks, "soft") : null,
    draft.status === "held" && draft.expires_at ? put("p", "soft", `Counts as rejected ${moment(draft.expires_at)}.`) : null,
    draft.status === "held" ? opener(draft, page) : null);
}

function opener(draft, page) {
  if (!page.address || host.capabilities.openLinks === undefined) return null;
  const address = page.address + (ID.test(draft.draft || "") ? `#${draft.draft}` : "");
  const refused = put("p", "trouble");
  refused.hidden = true;
  const open = button("Read all of it and decide", "main", async () => {
    refused.hidden = true;
    try {
      const told = await ask("ui/open-link", { url: address });
      if (told && told.isError) throw new Error("refused");
    } catch {
      refused.textContent = `It was not opened. Open it yourself: ${address}`;
      refused.hidden = false;
    }
  });
  return put("div", "opens", open, refused);
}

function where(page) {
  const ways = [];
  if (page.address) ways.push(["The page is at ", put("code", "", page.address), ". "]);
  if (page.command) ways.push([page.address ? "If it says that it is closed, type in a terminal: " : "Type in a terminal: ", put("code", "", page.command)]);
  return put("p", "soft", "Nothing is decided here: you decide on the approval page, where all of it is shown. ", ways.flat());
}
