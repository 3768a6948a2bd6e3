"""Bytes to words and words to bytes: pure, and never surprised by bad mail."""
