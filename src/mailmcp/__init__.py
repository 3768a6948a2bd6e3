"""mailmcp gives an AI assistant an e-mail address of its own.

The house, lowest floor first; a file imports only from below (checked by import-linter):

    models, errors      the nouns and the family of errors: values, no I/O
    schemas             what a JSON schema asks for, in words
    private             files that only their owner may read
    config              settings from the environment and config.toml; their docs live on the fields
    language/           what every reader of strangers' words needs: invisible characters, domains
    mail/               bytes <-> words: parse, compose, text channels, codes, conversations (pure)
    authenticity/       who really sent it: SPF, DKIM, DMARC, ARC; signatures of our own (pure but for DNS)
    policy/             judgements as values with reasons: whom to believe, what may leave (pure)
    store/              the only room that speaks SQL: one noun a file, schema in numbered SQL files
    backends/           the only room that speaks to mail providers: one file, one test, one row each
    mailroom/           the use cases, where the flows meet; the only caller of ``backend.send``
    server/             the MCP door: tools, views, transports, and `mailmcp try`
    web/                the doors of the human who decides and of what services post, on this machine only
    cli                 the composition root

Two flows carry everything else:

    in    backend -> inbound.accept (raw bytes committed, then 250) -> judge (parse, text, codes, trust) -> announce
    out   tool -> outbound.submit -> compose -> policy.sending -> outbox (held | queued) -> backend.send -> store

Where to add things: a tool is one function in ``server/tools.py`` and one method of ``mailroom.room.Mailroom``;
a backend is one file in ``backends/``, one test file and one row in ``backends.BACKENDS``; a table is a numbered
file in ``store/schema/``.
"""

__version__ = "0.1.0"
