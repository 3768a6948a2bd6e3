"""Octets to words: the MIME tree, headers, charsets and transfer encodings. ``mail/parse.py`` is its door."""
