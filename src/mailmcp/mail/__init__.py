"""Bytes to words and words to bytes: pure, and never surprised by bad mail.

Its doors are ``parse`` (raw bytes to a Message), ``compose`` (a submission to bytes), ``text`` (channels), ``codes``,
``threads`` and ``files.documents``. Behind them stand ``mime`` (the tree, headers, charsets), ``sight`` (HTML as it
would look), ``history`` (quotes and signatures), ``onetime`` (signs of a code) and ``files`` (attachments).
"""
