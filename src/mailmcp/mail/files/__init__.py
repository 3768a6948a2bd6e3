"""Attachments: what they are by their bytes, and their text. ``documents.py`` is its door."""
