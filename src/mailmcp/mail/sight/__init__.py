"""HTML as a person would see it: the page, its styles, and what is kept from the eye. ``mail/text.py`` is its door."""
