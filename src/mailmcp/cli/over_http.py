"""How the commands for clients over HTTP are written."""

from __future__ import annotations

SERVE_OPTIONS = {
    "--transport": "stdio (if left out), http (at /mcp), or sse (http and the old pair at /sse)",
    "--host": "http: the address that it listens on, instead of the setting's",
    "--port": "http: the port, instead of the setting's",
}
SERVE_FORMS = (
    ("serve", "serve MCP on standard input and output: what a client of yours runs"),
    ("serve --transport http [--host HOST] [--port PORT]", "serve MCP over HTTP, to whoever has a key"),
)
KEYS_OPTIONS = {
    "--inbox": "create: an inbox that the key opens; once for each",
    "--can": "create: what it allows, of read, send and create, with commas between (else read)",
    "--label": "create: a note on whose it is",
    "--overlap": "rotate: hours for which the secret before is still taken (else 24)",
}
KEYS_FORMS = (
    ("keys create --inbox ADDRESS [--inbox ADDRESS] --can read,send", "make a key and show it, once"),
    ("keys create --all --can read,send,create [--label WORDS]", "one that opens every inbox"),
    ("keys list", "list the keys, without their secrets"),
    ("keys rotate KEY [--overlap HOURS]", "give a key a new secret; the one before is taken for a while"),
    ("keys revoke KEY", "end a key at once, everywhere"),
)
