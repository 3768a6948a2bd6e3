"""What tells a one-time code or a sign-in link from all other numbers and links. ``mail/codes.py`` is its door."""
