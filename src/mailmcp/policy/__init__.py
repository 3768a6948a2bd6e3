"""Judgements as values with reasons: whom to believe, what may leave. Nothing here has an effect."""
