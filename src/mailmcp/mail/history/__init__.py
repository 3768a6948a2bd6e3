"""Quoted history and signatures: which lines of a mail are new. ``mail/text.py`` is its door."""
