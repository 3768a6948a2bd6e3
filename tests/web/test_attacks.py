"""What another page, another program or a bad draft may try against the page: nothing changes, nothing is told."""

from __future__ import annotations

import json
import stat
import time
from typing import Any

import pytest
from rig import Answer, Rig, Session

from mailmcp.models import Draft
from mailmcp.web import guard, sessions

CHANGES = ("approve", "edit", "reject")
ALWAYS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def unchanged(rig: Rig, draft: Draft) -> None:
    now = rig.draft(draft)
    assert (now.state, now.revision, now.sha256, now.reasons) == ("held", 1, draft.sha256, draft.reasons)


def body(draft: Draft, **more: Any) -> dict[str, Any]:
    """Everything that a decision of any kind needs."""
    return {"sha256": draft.sha256, "revision": draft.revision, "word": "", "subject": "Else", **more}


# --- from elsewhere --------------------------------------------------------------------------------------------------

FOREIGN = (
    "http://evil.example",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}/",
    "null",
    " http://127.0.0.1:{port}, http://evil.example",
)


@pytest.mark.parametrize("origin", [*FOREIGN, ""], ids=lambda one: one or "none")
def test_no_decision_is_taken_from_another_origin(rig, draft, session, origin):
    for what in CHANGES:
        answer = session.post(f"/api/drafts/{draft.id}/{what}", body(draft), origin=origin.format(port=rig.port))
        assert answer.status == 403
    unchanged(rig, draft)


@pytest.mark.parametrize("path", ["/", "/page.js", "/api/drafts"])
@pytest.mark.parametrize("origin", FOREIGN)
def test_nothing_is_shown_to_another_origin(rig, session, path, origin):
    answer = session.get(path, origin=origin.format(port=rig.port))
    assert (answer.status, "access-control-allow-origin" in answer.headers) == (403, False)


@pytest.mark.parametrize(
    "host",
    [
        "evil.test:{port}",
        "localhost:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.2:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "[::1]:{port}",
        "127.0.0.1:{port}.",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port} ",
        "127.0.0.1:0{port}",
    ],
)
@pytest.mark.parametrize("path", ["/", "/page.js", "/api/drafts"])
def test_a_name_that_was_bound_anew_leads_nowhere(rig, draft, session, host, path):
    """A rebound name is same-origin for the browser: only Host tells."""
    host = host.format(port=rig.port)
    octets = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {session.cookie}\r\n"
    octets += f"X-Mailmcp-Word: {session.word}\r\nConnection: close\r\n\r\n"
    answer = rig.raw(octets.encode())
    assert answer.startswith((b"HTTP/1.1 421", b"HTTP/1.1 400")) or host.endswith(" "), answer[:200]
    assert draft.id.encode() not in answer or host.endswith(" ")  # blanks at the end of a field are no part of it
    posted = session.post(f"/api/drafts/{draft.id}/approve", body(draft), host="evil.test", origin="http://evil.test")
    assert posted.status == 421
    unchanged(rig, draft)


@pytest.mark.parametrize("hosts", [(), ("127.0.0.1:{port}", "evil.test"), ("evil.test", "127.0.0.1:{port}")])
def test_a_request_has_one_host(rig, session, hosts):
    lines = "".join(f"Host: {one.format(port=rig.port)}\r\n" for one in hosts)
    answer = rig.raw(f"GET / HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))
    assert b"<!doctype" not in answer
    assert rig.raw(b"GET / HTTP/1.0\r\n\r\n").startswith((b"HTTP/1.1 421", b"HTTP/1.1 400", b"HTTP/1.0 4"))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "something new"])
def test_the_browsers_own_word_on_where_a_request_comes_from_is_heard(rig, draft, session, site):
    for path in ("/page.js", "/api/drafts", f"/api/drafts/{draft.id}", "/"):
        assert session.get(path, sec_fetch_site=site).status == 403
    for what in CHANGES:
        assert session.post(f"/api/drafts/{draft.id}/{what}", body(draft), sec_fetch_site=site).status == 403
    opened = {"sec_fetch_site": site, "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert session.get("/", **opened).status == 200  # a link to the page, which shows nothing by itself
    assert session.get("/api/drafts", **opened).status == 403
    assert session.get("/", **(opened | {"sec_fetch_dest": "iframe"})).status == 403
    unchanged(rig, draft)


def test_the_page_listens_on_this_machine_only(rig):
    assert rig.address == f"http://127.0.0.1:{rig.port}/"
    from mailmcp.config import load_settings
    from mailmcp.errors import ConfigError

    for host in ("0.0.0.0", "::", "192.168.1.5", "example.com", "localhost", ""):
        with pytest.raises(ConfigError, match="MAILMCP_WEB__HOST"):
            load_settings(rig.home, {"MAILMCP_WEB__HOST": host or " x"})


# --- without a session -----------------------------------------------------------------------------------------------


def forms(session: Session) -> dict[str, dict[str, str]]:
    """Ways of not having a session."""
    name, _, value = session.cookie.partition("=")
    key, until, mac = value.split(".")
    return {
        "no cookie": {"cookie": ""},
        "no word": {"x_mailmcp_word": ""},
        "neither": {"cookie": "", "x_mailmcp_word": ""},
        "another word": {"x_mailmcp_word": "0" * 64},
        "a longer life": {"cookie": f"{name}={key}.{int(until) + 1}.{mac}"},
        "another session": {"cookie": f"{name}={'0' * 32}.{until}.{mac}"},
        "no proof": {"cookie": f"{name}={key}.{until}."},
        "scrawl": {"cookie": f"{name}=\xff;;=..", "x_mailmcp_word": "\xff"},
        "another name": {"cookie": session.cookie.replace("mailmcp_", "other_")},
    }


@pytest.mark.parametrize("form", list(forms(Session(None, "a=b.1.c", ""))))
def test_without_a_session_nothing_is_told_and_nothing_is_changed(rig, draft, session, form):
    headers = forms(session)[form]
    draft_path = f"/api/drafts/{draft.id}"
    for path in ("/api/drafts", draft_path, f"{draft_path}/html", f"{draft_path}/source", f"{draft_path}/files/2"):
        answer = session.get(path, **headers)
        assert answer.status == 401, path
        assert draft.subject.encode() not in answer.body
    for what in CHANGES:
        assert session.post(f"{draft_path}/{what}", body(draft), **headers).status == 401
    unchanged(rig, draft)


def test_the_html_needs_a_permit_for_exactly_that_version(rig):
    draft, other = rig.hold(html="<p>The words.</p>"), rig.hold(subject="Other", html="<p>Other.</p>")
    session, stranger = rig.session(), rig.session()
    permit = session.shown(draft)["permit"]
    path = f"/api/drafts/{draft.id}/html"
    assert session.get(f"{path}?permit={permit}", x_mailmcp_word="").status == 200
    for bad in ("", "?permit=", "?permit=" + "0" * 64, f"?permit={session.shown(other)['permit']}"):
        assert session.get(path + bad).status == 401
    assert session.get(f"{path}?permit={permit}", cookie="").status == 401
    assert stranger.get(f"{path}?permit={permit}").status == 401
    assert session.decide(draft, "edit", subject="New").status == 200
    assert session.get(f"{path}?permit={permit}").status == 401


# --- tokens ----------------------------------------------------------------------------------------------------------


def begin(rig: Rig, token: Any) -> Answer:
    return Session(rig, "", "").post("/api/session", {"token": token})


def test_a_token_opens_the_page_once(rig):
    token = sessions.issue(rig.home)
    first = begin(rig, token)
    assert first.status == 200
    cookie = first.headers["set-cookie"].lower()
    assert ("httponly" in cookie, "samesite=strict" in cookie, "domain=" in cookie) == (True, True, False)
    again = begin(rig, token)
    assert (again.status, "set-cookie" in again.headers) == (401, False)
    assert "used already" in again.error


def test_a_token_is_good_for_five_minutes(rig):
    token = sessions.issue(rig.home, now=time.time() - 301)
    assert begin(rig, token).status == 401
    assert begin(rig, sessions.issue(rig.home, now=time.time() - 290)).status == 200


def test_a_token_lies_in_the_home_only_as_its_hash_and_for_its_owner(rig):
    token = sessions.issue(rig.home)
    files = [file for file in rig.home.rglob("*") if file.is_file()]
    (written,) = [file for file in files if file.suffix == ".token"][-1:]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700
    assert not any(token.encode() in file.read_bytes() for file in files)
    assert begin(rig, token).status == 200
    assert not written.exists()


def test_what_is_no_token_opens_nothing(open_rig):
    rig = open_rig()
    for token in ("", "x", "../approval.key", "../" * 14 + "x", "x" * 43, "x" * 10_000, "\ud800"):
        assert begin(rig, token).status == 401
    for token in (5, None, ["x"], {"a": 1}, True):
        assert begin(rig, token).status == 400


def test_after_ten_bad_tokens_good_ones_wait_too(open_rig):
    rig = open_rig()
    for _ in range(10):
        assert begin(rig, "x" * 43).status == 401
    token = sessions.issue(rig.home)
    assert begin(rig, token).status == 429
    assert len(list(rig.home.rglob("*.token"))) == 1  # it was not used up


def test_the_token_of_another_home_opens_nothing(rig, open_rig, tmp_path):
    other = open_rig(tmp_path / "other")
    assert begin(rig, sessions.issue(other.home)).status == 401
    theirs = other.session()
    assert Session(rig, theirs.cookie, theirs.word).get("/api/drafts").status == 401


def test_a_session_ends_after_twelve_hours_and_outlives_the_process_that_began_it(open_rig, tmp_path):
    rig = open_rig(tmp_path / "home")
    session, port = rig.session(), rig.port
    assert session.get("/api/drafts").status == 200
    key = rig.do(rig.room.pages.key())
    for hours, known in ((11.9, True), (12.1, False)):
        later = sessions.Sessions(key, clock=lambda hours=hours: time.time() + hours * 3600)
        assert (later.known(session.cookie.partition("=")[2]) is not None) is known
    rig.do(rig.room.aclose())
    after = open_rig(tmp_path / "home")
    assert after.port == port
    assert Session(after, session.cookie, session.word).get("/api/drafts").status == 200


# --- odd requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "approve"])
def test_only_a_post_decides(rig, draft, session, method):
    for what in CHANGES:
        path = f"/api/drafts/{draft.id}/{what}?sha256={draft.sha256}&revision=1"
        answer = rig.ask(method, path, cookie=session.cookie, x_mailmcp_word=session.word, origin=rig.origin)
        assert answer.status in (400, 403, 404, 405)
    unchanged(rig, draft)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", "json"],
)
def test_what_a_form_of_another_page_can_send_is_not_taken(rig, draft, session, kind):
    for what in CHANGES:
        answer = session.post(f"/api/drafts/{draft.id}/{what}", body(draft), content_type=kind)
        assert answer.status == 415
    unchanged(rig, draft)


@pytest.mark.parametrize(
    "octets",
    [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 10_000, b'{"sha256": 5, "revision": 1}', b'{"sha256": ""}'],
    ids=lambda one: repr(one[:12]),
)
def test_what_is_no_decision_is_refused_in_a_sentence(rig, draft, session, octets):
    for what in CHANGES:
        answer = session.post(f"/api/drafts/{draft.id}/{what}", octets)
        assert answer.status == 400
        assert answer.error.endswith(".")
    unchanged(rig, draft)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"sha256": ""},
        {"revision": 2},
        {"revision": 0},
    ],
    ids=str,
)
def test_a_decision_names_exactly_what_was_shown(rig, draft, session, change):
    for what in CHANGES:
        answer = session.post(f"/api/drafts/{draft.id}/{what}", body(draft) | change)
        assert answer.status == 409
        assert "is not what was shown: look at it again." in answer.error
    unchanged(rig, draft)


@pytest.mark.parametrize("revision", ["1", 1.5, None, True, [1]])
def test_a_revision_is_a_number(rig, draft, session, revision):
    for what in CHANGES:
        assert session.post(f"/api/drafts/{draft.id}/{what}", body(draft, revision=revision)).status == 400
    unchanged(rig, draft)


def test_large_requests_are_refused_before_they_are_read(rig, draft, session):
    large = json.dumps(body(draft, filler="x" * guard.BODY)).encode()
    for what in ("approve", "reject"):
        assert session.post(f"/api/drafts/{draft.id}/{what}", large).status == 413
    assert session.post("/api/session", large).status == 413
    huge = str(guard.LARGE_BODY + 1)
    assert session.post(f"/api/drafts/{draft.id}/edit", b"", content_length=huge).status == 413
    for bad in ("-1", "1e3", "9" * 30):
        head = f"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\nOrigin: {rig.origin}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {bad}\r\n\r\n{{}}"
        assert rig.raw(head.encode()).startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
    unchanged(rig, draft)


def test_a_body_in_pieces_is_counted(rig, draft, session):
    head = f"POST /api/drafts/{draft.id}/approve HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\nOrigin: {rig.origin}\r\n"
    head += f"Cookie: {session.cookie}\r\nX-Mailmcp-Word: {session.word}\r\nContent-Type: application/json\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    piece = b"1000\r\n" + b" " * 4096 + b"\r\n"
    answer = rig.raw(head.encode() + piece * 5 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    unchanged(rig, draft)


def test_a_get_has_no_body_and_headers_have_a_bound(rig, session):
    assert session.rig.ask("GET", "/api/drafts", b"{}", cookie=session.cookie).status == 413
    assert rig.raw(b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 4")
    assert session.get("/api/drafts").status == 200


def test_two_requests_in_one_are_two(rig, draft, session):
    """Request smuggling: a body that both lengths describe differently is refused."""
    head = f"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\nOrigin: {rig.origin}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    inner = f"POST /api/drafts/{draft.id}/approve HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\n\r\n"
    rig.raw(f"{head}0\r\n\r\n{inner}".encode())
    unchanged(rig, draft)


@pytest.mark.parametrize(
    "path",
    [
        "/../approval.key",
        "/%2e%2e/approval.key",
        "/page.js/../../config.toml",
        "/page.css%00.png",
        "//evil.example/",
        "/api//drafts",
        "/api/drafts/",
        "/api/drafts/..",
        "/api/drafts/d_x/../../../x",
        "/api/drafts/d_nothing",
        "/api/drafts/m_1234567890123",
        "/page.html",
        "/app.py",
        "/shapes.py",
        "/docs",
        "/openapi.json",
        "/.git/config",
        "/api/drafts/%00",
        "/api/drafts/{draft}/files/../source",
        "/api/drafts/{draft}/files/1%2f..",
        "/api/drafts/{draft}/files/99",
        "/api/drafts/{draft}/files/approval.key",
        "http://evil.example/",
        "*",
    ],
)
def test_no_path_leads_to_a_file(rig, draft, session, path):
    answer = rig.ask("GET", path.format(draft=draft.id), cookie=session.cookie, x_mailmcp_word=session.word)
    assert answer.status in (400, 401, 404)
    assert b"Traceback" not in answer.body
    assert "location" not in answer.headers


# --- every answer ----------------------------------------------------------------------------------------------------


def test_every_answer_forbids_what_a_page_could_do_with_it(rig):
    draft = rig.hold(html="<p>The words.</p>", files=({"name": "a.html", "text": "<script>alert(1)</script>"},))
    session = rig.session()
    api = f"/api/drafts/{draft.id}"
    part = session.shown(draft)["files"][0]["part"]
    answers = {
        path: session.get(path)
        for path in ("/", "/page.js", "/page.css", "/icon.svg", "/api/drafts", api, f"{api}/source", f"{api}/nothing")
    }
    answers["file"] = session.get(f"{api}/files/{part}")
    answers["401"] = session.get("/api/drafts", cookie="")
    answers["403"] = session.get("/", origin="http://evil.example")
    answers["409"] = session.post(f"{api}/approve", body(draft, sha256="0" * 64))
    answers["413"] = session.post(f"{api}/approve", b" " * 100_000)
    answers["421"] = session.get("/", host="evil.test")
    for name, answer in answers.items():
        assert {key: answer.headers.get(key) for key in ALWAYS} == ALWAYS, name
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';"), name
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "server" not in answer.headers, name
        assert not any(key.startswith("access-control") for key in answer.headers)
    saved = answers["file"]
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''a.html"
    assert saved.body == b"<script>alert(1)</script>"
    assert answers[f"{api}/source"].headers["content-type"] == "text/plain; charset=utf-8"


def test_the_page_itself_has_no_script_or_style_of_its_own(rig):
    page = rig.ask("GET", "/").body.decode()
    assert page.count("<script") == 1
    assert '<script src="/page.js" defer></script>' in page
    assert "style=" not in page
    assert "<style" not in page
    assert " on" not in page.replace(" once", "").replace(" on ", "")
    script = rig.ask("GET", "/page.js").body.decode()
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert dangerous not in script


def test_html_is_shown_without_anything_that_runs_leads_away_or_is_fetched(rig):
    html = (
        '<p onclick="alert(1)" style="background:url(http://evil.example/1.png)">The words.</p>'
        '<img src="http://evil.example/2.png"><a href="http://evil.example/3">here</a><script>alert(1)</script>'
        '<link rel="stylesheet" href="http://evil.example/4.css"><style>@import "http://evil.example/5.css";</style>'
        '<meta http-equiv="refresh" content="0;url=http://evil.example/6"><iframe src="http://evil.example/7"></iframe>'
        '<form action="http://evil.example/8"><button formaction="http://evil.example/9">b</button></form>'
        '<svg><image href="http://evil.example/10"/></svg><video poster="http://evil.example/11"></video>'
        '<base href="http://evil.example/12/"><table background="http://evil.example/13"></table>'
    )
    draft = rig.hold(html=html)
    session = rig.session()
    answer = session.get(f"/api/drafts/{draft.id}/html?permit={session.shown(draft)['permit']}")
    assert answer.status == 200
    assert b"The words." in answer.body
    for word in (b"evil.example", b"alert", b"<script", b"<iframe", b"http-equiv", b"<link", b"onclick", b"<svg"):
        assert word not in answer.body
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


# --- what a draft may hold -------------------------------------------------------------------------------------------

SCRIPT = "<img src=x onerror=alert(1)><script>alert(1)</script>"


def test_what_a_draft_says_comes_as_plain_strings(rig):
    name = "' onmouseover=alert(1) x='&lt;b"
    draft = rig.hold(
        to=(f"{name} <bert@agents.internal>",),
        subject=SCRIPT,
        body=SCRIPT,
        note=SCRIPT,
        files=({"name": "x<svg onload=alert(1)>.txt", "text": "a"},),
    )
    answer = rig.session().get(f"/api/drafts/{draft.id}")
    assert answer.headers["content-type"].startswith("application/json")
    shown = answer.json()
    assert (shown["subject"], shown["note"]) == ([SCRIPT], [SCRIPT])
    assert "".join(shown["text"]).strip() == SCRIPT
    assert shown["people"][1]["name"] == [name]


@pytest.mark.parametrize(
    "edit",
    [
        {"subject": "Hello\r\nBcc: eve@evil.example"},
        {"subject": "Hello\nX: y"},
        {"subject": "Hello\u2028X: y"},
        {"subject": "Hello\x00"},
        {"to": ["bert@agents.internal\r\nBcc: eve@evil.example"]},
        {"to": ["bert@agents.internal>\r\nRCPT TO:<eve@evil.example"]},
        {"to": ["Bert\r\nBcc: eve@evil.example <bert@agents.internal>"]},
        {"to": ["bert@agents.internal, eve@evil.example"]},
        {"to": ['"eve@evil.example" bert@agents.internal']},
        {"to": ["bert@agents.internal\u200b"]},
        {"cc": ["eve"]},
        {"bcc": [""] * 3, "to": [], "cc": []},
        {"to": "bert@agents.internal"},
        {"to": [5]},
        {"subject": 5},
        {"body": ["x"]},
        {"subject": "x" * 2000},
        {"to": [f"bert{number}@agents.internal" for number in range(200)]},
    ],
    ids=lambda one: str(one)[:40],
)
def test_an_edit_puts_nothing_into_the_header(rig, draft, session, edit):
    answer = session.decide(draft, "edit", **edit)
    assert answer.status == 400, answer.body
    assert answer.error.endswith(".")
    unchanged(rig, draft)


def test_an_edit_goes_only_to_whom_policy_does_not_deny(open_rig, tmp_path):
    rig = open_rig(MAILMCP_SEND__DENY="bert@agents.internal,evil.example")
    anna = rig.inbox("anna")
    draft = rig.hold(to=(anna,))
    answer = rig.session().decide(draft, "edit", to=["eve@evil.example"])
    assert answer.status == 409
    unchanged(rig, draft)


def test_wrong_passphrases_are_counted(open_rig, monkeypatch):
    from mailmcp.mailroom import sealing

    monkeypatch.setattr(sealing, "COST", 2**14)
    rig = open_rig()
    draft = rig.hold()
    rig.do(rig.room.approver.set("four plain old words"))
    session = rig.session()
    assert session.shown(draft)["passphrase"] is True
    assert session.decide(draft, "approve").status == 409
    for _ in range(4):
        answer = session.decide(draft, "approve", passphrase="wrong words here")
        assert (answer.status, answer.error) == (409, "That is not the approver's passphrase.")
    assert session.decide(draft, "approve", passphrase="four plain old words").status == 429
    unchanged(rig, draft)
