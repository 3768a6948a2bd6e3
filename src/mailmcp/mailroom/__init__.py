"""The use cases, where the flows meet; the only caller of ``backend.send``."""
