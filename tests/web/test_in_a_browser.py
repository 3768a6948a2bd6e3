"""The real page in a real browser: Chromium, clicked and typed at as a human would."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from browser import CONTRAST, EVIL, Browser, Window, available
from letters import letter
from rig import Rig

from mailmcp.mail import parse
from mailmcp.mailroom import sealing
from mailmcp.mailroom.requests import Edit
from mailmcp.models import Draft

PASSPHRASE = "four plain old words"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="no chromium here: apt install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture
def window(rig: Rig, browser: Browser) -> Iterator[Window]:
    """A window in which the page was opened by its link."""
    opened = browser.window(rig.link())
    opened.until("document.querySelector('h1')")
    yield opened
    opened.close()


def look_at(window: Window, draft: Draft) -> None:
    window.run(f"location.hash = {json.dumps(draft.id)}")
    window.until(f"document.querySelector('h1')?.innerText.includes({json.dumps(draft.subject.split(',')[0])})")
    window.until("document.querySelector('.decide .main, .outcome')")


APPROVE = ".decide button[type=submit]"
EDIT = ".decide button[type=button]:not(.danger)"
REJECT = ".decide button.danger"


# --- deciding --------------------------------------------------------------------------------------------------------


def test_the_link_opens_the_page_and_is_gone_from_the_address(rig, browser):
    draft = rig.hold()
    link = rig.link()
    window = browser.window(link)
    window.sees(draft.subject)
    assert window.run("location.href") == rig.address
    assert window.run("document.cookie") == ""
    assert "token" not in window.run("JSON.stringify(history.state) + document.referrer + performance.now()")
    again = browser.window(link)
    again.sees("used already")
    assert draft.subject not in again.run("document.body.innerText")
    for one in (window, again):
        one.close()


def test_without_the_link_the_page_shows_nothing(rig):
    draft = rig.hold()
    with Browser() as stranger:
        window = stranger.window(rig.address)
        window.sees("This page is closed")
        window.go(f"{rig.address}#{draft.id}")
        window.sees("mailmcp ui")
        assert draft.subject not in window.run("document.documentElement.outerHTML")


def test_a_human_reads_and_approves(rig, window):
    draft = rig.hold(body="Come at nine.", bcc=(rig.inbox("dora"),), note="He asked.")
    look_at(window, draft)
    for words in ("Come at nine.", "bert@agents.internal", "dora@agents.internal", "He asked.", draft.sha256):
        window.sees(words)
    assert rig.draft(draft).state == "held"
    window.click(APPROVE)
    window.sees("It was sent.")
    assert rig.draft(draft).state == "sent"
    assert window.run("document.querySelector('.decide')") is None


def test_it_can_be_done_with_the_keyboard_alone(rig, window):
    draft = rig.hold()
    look_at(window, draft)
    window.until(f"!document.querySelector({json.dumps(APPROVE)}).disabled")
    for _ in range(30):
        window.key("Tab")
        if window.run("document.activeElement?.innerText") == "Approve and send":
            break
    assert window.run("document.activeElement.matches(':focus-visible')")
    assert window.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    window.key("Enter")
    window.sees("It was sent.")
    assert rig.draft(draft).state == "sent"


def test_a_human_edits_looks_again_and_approves(rig, window):
    draft = rig.hold(html="<p>The old words.</p>")
    look_at(window, draft)
    window.click(EDIT)
    window.sees("Edit the message")
    window.type("#subject", "Better")
    window.type("#text", "Better words.\nTwo lines.")
    window.type("#bcc", f"Dora <{rig.inbox('dora')}>; {rig.inbox('cleo')}")
    window.click("form button[type=submit]")
    window.sees("edited, version 2")
    window.sees("Better words.")
    assert (rig.draft(draft).state, rig.draft(draft).revision) == ("held", 2)
    window.click(APPROVE)
    window.sees("It was sent.")
    sent = rig.draft(draft)
    mail = parse.parse(rig.do(rig.room.reading.raw(sent.message or "")))
    assert (mail.subject, (mail.text or "").strip(), mail.html) == ("Better", "Better words.\nTwo lines.", None)
    assert sent.recipients == ("bert@agents.internal", "dora@agents.internal", "cleo@agents.internal")


def test_what_cannot_be_written_is_said_where_it_was_typed(rig, window):
    draft = rig.hold()
    look_at(window, draft)
    window.click(EDIT)
    window.type("#to", "nobody at all")
    window.click("form button[type=submit]")
    window.sees("is not an e-mail address")
    assert window.run("document.querySelector('#to').value") == "nobody at all"
    assert rig.draft(draft).revision == 1


def test_a_human_rejects_with_a_word(rig, window):
    draft = rig.hold()
    look_at(window, draft)
    window.click(REJECT)
    window.sees("A word for the assistant")
    window.type("#word", "Not before <b>Monday</b>.")
    window.click(REJECT)
    window.sees("It was rejected")
    assert (rig.draft(draft).state, rig.draft(draft).error) == ("rejected", "Not before <b>Monday</b>.")


def test_escape_takes_a_rejection_back(rig, window):
    draft = rig.hold()
    look_at(window, draft)
    window.click(REJECT)
    window.until("document.querySelector('#word')")
    window.key("Escape")
    window.until(f"document.querySelector({json.dumps(APPROVE)})?.innerText === 'Approve and send'")
    assert rig.draft(draft).state == "held"


# --- twice -----------------------------------------------------------------------------------------------------------


def copies(rig: Rig, draft: Draft) -> int:
    def count(db) -> int:
        return db.execute("SELECT count(*) FROM messages WHERE subject = ?", (draft.subject,)).fetchone()[0]

    return rig.do(rig.room._store.read(count))


def test_a_double_click_sends_once(rig, window):
    draft = rig.hold()
    look_at(window, draft)
    window.click(APPROVE, times=2)
    window.sees("It was sent.")
    window.run("new Promise(done => setTimeout(done, 300))")
    assert copies(rig, draft) == 2  # ours, and the one that arrived
    assert "no longer held" not in window.run("document.body.innerText")


def test_of_two_windows_the_second_is_told(rig, browser, window):
    draft = rig.hold()
    look_at(window, draft)
    other = browser.window(f"{rig.address}#{draft.id}")  # the same browser: it needs no link
    other.until(f"document.querySelector({json.dumps(APPROVE)})")
    window.click(APPROVE)
    window.sees("It was sent.")
    press = "(one => { one.disabled = false; one.dataset.busy = ''; one.click(); })"
    other.run(f"{press}(document.querySelector({json.dumps(APPROVE)}))")
    other.until("/no longer held|decided elsewhere|It was sent/.test(document.body.innerText)")
    other.close()
    assert copies(rig, draft) == 2


def test_a_window_that_shows_an_old_version_is_told(rig, browser, window):
    draft = rig.hold()
    look_at(window, draft)
    rig.do(rig.room.edit(draft.id, Edit(body="Else."), sha256=draft.sha256, editor="x"))
    window.until(f"!document.querySelector({json.dumps(APPROVE)}).disabled || document.querySelector('.changed')")
    if window.run("!document.querySelector('.changed')"):
        window.click(APPROVE)
    window.until("/not what was shown|edited elsewhere/.test(document.body.innerText)")
    assert (rig.draft(draft).state, rig.draft(draft).revision) == ("held", 2)


def test_going_back_shows_what_became_of_it_and_sends_nothing_again(rig, window):
    draft = rig.hold()
    look_at(window, draft)
    window.click(APPROVE)
    window.sees("It was sent.")
    window.click(".back")
    window.until("document.querySelector('h1')?.innerText !== " + json.dumps(draft.subject))
    window.run("history.back()")
    window.sees("It was sent.")
    window.run("location.reload()")
    window.sees("It was sent.")
    assert window.run("document.querySelector('.decide')") is None
    assert copies(rig, draft) == 2


def test_the_list_follows_what_happens(rig, window):
    window.run("location.hash = ''")
    draft = rig.hold()
    window.sees(draft.subject)
    rig.do(rig.room.reject(draft.id, word="", approver="x"))
    window.until(
        f"[...document.querySelectorAll('.done li')].some(e => e.innerText.includes({json.dumps(draft.subject)}))"
    )


FIRST_MOMENT = """
new Promise(done => {
  const look = () => {
    const one = document.querySelector('.decide .main');
    if (!one) { setTimeout(look, 5); return; }
    const before = one.disabled;
    one.click();
    done(before);
  };
  location.hash = %s;
  look();
})
"""


def test_nothing_can_be_pressed_in_the_first_moment(rig, window):
    """A click that was meant for something else must not decide: another page can open this one under the pointer."""
    draft = rig.hold()
    look_at(window, draft)
    window.run("location.hash = ''")
    asleep = window.run(FIRST_MOMENT % json.dumps(draft.id))
    assert asleep is True
    assert rig.draft(draft).state == "held"
    window.until("!document.querySelector('.decide .main').disabled")


def test_a_passphrase_is_asked_for(open_rig, browser, monkeypatch):
    monkeypatch.setattr(sealing, "COST", 2**14)
    rig = open_rig()
    draft = rig.hold()
    rig.do(rig.room.approver.set(PASSPHRASE))
    window = browser.window(rig.link())
    window.sees(draft.subject)
    assert "a program that runs commands as you" not in window.run("document.body.innerText")
    look_at(window, draft)
    window.type("#passphrase", "wrong words here")
    window.click(APPROVE)
    window.sees("That is not the approver's passphrase.")
    assert rig.draft(draft).state == "held"
    window.type("#passphrase", PASSPHRASE)
    window.click(APPROVE)
    window.sees("It was sent.")
    window.close()


# --- hostile drafts --------------------------------------------------------------------------------------------------

XSS = (
    '<img src=x onerror="window.__ran=1"><script>window.__ran=1</script><svg/onload=window.__ran=1>'
    "<iframe srcdoc='<script>parent.__ran=1</script>'></iframe>\"'`${window.__ran=1}"
)


def test_nothing_that_a_draft_says_becomes_part_of_the_page(rig, window):
    anna = rig.inbox("anna")
    question = rig.receive(
        letter(anna, from_='"<img src=x onerror=window.__ran=1>" <eve@evil.example>', subject=XSS[:60], text=XSS), anna
    )
    draft = rig.hold(
        in_reply_to=question,
        to=("' onmouseover=window.__ran=1 x=' <bert@agents.internal>",),
        subject="Evil, " + XSS,
        body=XSS,
        html=f"<p>{XSS}</p><a href='javascript:window.__ran=1'>x</a>",
        note=XSS,
        files=({"name": "x<img src=x onerror=window.__ran=1>.html", "text": XSS},),
    )
    look_at(window, draft)
    window.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    window.until("document.querySelector('iframe')")
    window.sees("Source of the message")
    window.run("new Promise(done => setTimeout(done, 300))")
    assert window.run("window.__ran") is None
    inside = "document.querySelectorAll('main img, main script, main svg, main iframe[srcdoc], main [onerror]').length"
    assert window.run(inside) == 0
    window.click(EDIT)
    window.sees("Edit the message")
    assert window.run("document.querySelector('#subject').value").startswith("Evil, <img")
    window.type("#subject", XSS)
    window.click("form button[type=submit]")
    window.sees("edited, version 2")
    assert window.run("window.__ran") is None


def test_the_html_of_a_draft_loads_and_runs_nothing(rig, window, somebody_else):
    port = somebody_else.port
    address = f"http://127.0.0.1:{port}"
    html = (
        f"<p>The <b>words</b>.</p><img src='{address}/1.png'><style>p {{ background: url({address}/2.png) }}</style>"
        f"<link rel=stylesheet href='{address}/3.css'><iframe src='{address}/4'></iframe><a href='{address}/5'>go</a>"
        f"<meta http-equiv=refresh content='0;url={address}/6'><script>fetch('{address}/7')</script>"
        f"<p style='background:u\\72l({address}/8.png)'>escaped</p><video src='{address}/9'></video>"
        f"<form action='{address}/10'><button>send</button></form><link rel=preconnect href='{address}'>"
    )
    draft = rig.hold(html=html)
    look_at(window, draft)
    window.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    window.until("document.querySelector('iframe')")
    window.run("new Promise(done => setTimeout(done, 700))")
    frame = window.run("document.querySelector('iframe').getBoundingClientRect().toJSON()")
    assert frame["height"] > 50
    assert somebody_else.asked == []
    assert window.run("document.querySelector('iframe').contentDocument") is None  # an origin of its own
    assert window.run("location.origin") == rig.origin


# --- a page of somebody else -----------------------------------------------------------------------------------------


class SomebodyElse:
    """A web server of another origin on this machine, with an empty page."""

    def __init__(self) -> None:
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>else</title><p>Somebody else.</p>")

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_port
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join(10)
        self.server.server_close()


@pytest.fixture
def somebody_else() -> Iterator[SomebodyElse]:
    opened = SomebodyElse()
    yield opened
    opened.close()


ATTACK = """
(async () => {
  const [base, draft, sha256] = %s, got = [];
  const body = JSON.stringify({ sha256, revision: 1, word: "", subject: "Evil", body: "Evil" });
  const kinds = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
  for (const what of ["approve", "edit", "reject"]) for (const mode of ["cors", "no-cors"]) for (const kind of kinds) {
    try {
      const answer = await fetch(`${base}/api/drafts/${draft}/${what}`, { method: "POST", mode, credentials: "include",
        headers: { "Content-Type": kind }, body });
      got.push(answer.type === "opaque" ? "" : await answer.text());
    } catch { got.push(""); }
    navigator.sendBeacon(`${base}/api/drafts/${draft}/${what}`, new Blob([body], { type: "text/plain" }));
  }
  for (const path of ["/api/drafts", `/api/drafts/${draft}`, `/api/drafts/${draft}/approve`, "/", "/page.js"]) {
    for (const mode of ["cors", "no-cors"]) {
      try { got.push(await (await fetch(base + path, { mode, credentials: "include" })).text()); }
      catch { got.push(""); }
    }
    const image = new Image(); image.src = base + path; document.body.append(image);
    const script = document.createElement("script");
    try { script.src = base + path; document.body.append(script); } catch { got.push(""); }
    const frame = document.createElement("iframe"); frame.src = base + path; document.body.append(frame);
  }
  const form = document.createElement("form");
  form.method = "post"; form.enctype = "text/plain"; form.target = "inside";
  form.action = `${base}/api/drafts/${draft}/approve`;
  const inside = document.createElement("iframe"); inside.name = "inside"; document.body.append(inside, form);
  form.submit();
  const opened = window.open(`${base}/#${draft}`);
  await new Promise(done => setTimeout(done, 1500));
  let seen = "";
  try { seen = opened ? opened.document.body.innerText : ""; } catch { seen = ""; }
  for (const one of document.querySelectorAll("iframe")) {
    try { seen += one.contentDocument?.body?.innerText || ""; } catch {}
  }
  if (opened) opened.close();
  return got.join("") + seen;
})()
"""


@pytest.mark.parametrize("name", ["127.0.0.1", EVIL])
def test_a_page_of_another_origin_changes_and_learns_nothing(rig, browser, window, somebody_else, name):
    """The human is logged in, in the same browser; the other page tries whatever a page can."""
    draft = rig.hold()
    window.run("location.hash = ''")
    window.sees(draft.subject)
    attacker = browser.window(f"http://{name}:{somebody_else.port}/")
    attacker.sees("Somebody else.")
    learnt = attacker.run(ATTACK % json.dumps([rig.origin, draft.id, draft.sha256]))
    attacker.close()
    for secret in (draft.subject, "bert@agents.internal", "page-js"):
        assert secret not in learnt
    now = rig.draft(draft)
    assert (now.state, now.revision) == ("held", 1)
    assert copies(rig, draft) == 0


def test_a_name_that_was_bound_anew_sees_nothing(rig, browser, window):
    """DNS rebinding: the attacker's name leads to this page, so that for the browser it is the attacker's origin."""
    draft = rig.hold()
    attacker = browser.window(f"http://{EVIL}:{rig.port}/")
    attacker.sees("There is nothing under this name.")
    learnt = attacker.run(ATTACK % json.dumps([f"http://{EVIL}:{rig.port}", draft.id, draft.sha256]))
    attacker.close()
    assert draft.subject not in learnt
    assert rig.draft(draft).state == "held"


# --- looks -----------------------------------------------------------------------------------------------------------


def staged(rig: Rig) -> Draft:
    """What the pictures of the documentation show."""
    anna, bert, dora = rig.inbox("anna"), rig.inbox("bert"), rig.inbox("dora")
    question = rig.receive(
        letter(
            anna,
            from_="Cleo Marsh <cleo@orchard.example>",
            subject="Delivery on Thursday?",
            text="Hello Anna,\n\ncan you bring the forty crates on Thursday before ten?\n\nCleo",
        ),
        anna,
    )
    words = (
        "Hello Cleo,\n\nthe forty crates are with you on Thursday at half past nine. I attach the delivery note, with"
        " the prices that we agreed on in May.\n\nKind regards\nAnna"
    )
    draft = rig.hold(
        in_reply_to=question,
        to=(f"Bert Lindt <{bert}>",),
        bcc=(dora,),
        subject="Re: Delivery on Thursday?",
        body=words,
        html="<p>" + words.replace("\n\n", "</p><p>").replace("\n", "<br>") + "</p>",
        note="She asked for the morning; I took the earliest slot that is free.",
        files=(
            {"name": "delivery-note.txt", "text": "40 crates of apples, half past nine\n"},
            {"name": "prices.csv", "text": "crate;4.20\n"},
        ),
    )
    rig.hold(subject="Invoice 2041", body="Please find the invoice attached.")
    gone = rig.hold(subject="Opening hours in December", body="We are open until six.")
    rig.do(rig.room.approve(gone.id, sha256=gone.sha256, approver="ann"))
    no = rig.hold(subject="A favour", body="Please send me the list of customers.")
    rig.do(rig.room.reject(no.id, word="We do not do that.", approver="ann"))
    return draft


@pytest.mark.parametrize(("look", "width", "height"), [("light", 1000, 820), ("dark", 1000, 820), ("phone", 360, 740)])
def test_it_can_be_read_in_light_in_dark_and_on_a_phone(open_rig, browser, look, width, height):
    rig = open_rig()
    draft = staged(rig)
    window = browser.window(rig.link(), width=width, height=height, dark=look == "dark")
    window.sees("messages wait for you")
    keep(window, f"list-{look}")
    assert window.run("document.documentElement.scrollWidth") <= width
    look_at(window, draft)
    window.until("!document.querySelector('.decide .main').disabled")
    keep(window, f"draft-{look}")
    window.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    window.until("document.querySelector('iframe') && document.querySelector('pre.source')?.innerText.length > 100")
    assert window.run("document.documentElement.scrollWidth") <= width
    assert window.run(CONTRAST) == []
    window.click(EDIT)
    window.sees("Edit the message")
    keep(window, f"edit-{look}")
    assert window.run("document.documentElement.scrollWidth") <= width
    labelled = "[...document.querySelectorAll('input, textarea')].every(one => one.labels.length === 1)"
    assert window.run(labelled)
    window.close()


def keep(window: Window, name: str) -> None:
    """With MAILMCP_PICTURES the pictures are kept there: docs/approval holds those of the last look."""
    folder = os.environ.get("MAILMCP_PICTURES")
    if folder:
        window.run("document.getElementById('foot').textContent = 'mailmcp'")  # it names the home
        window.picture(Path(folder) / f"{name}.png")
