"""The only room that speaks SQL: one noun a file, the schema in numbered files.

``db.Store`` opens the database and runs work in transactions; every other module holds plain synchronous functions
whose first argument is the connection, to be handed to ``Store.read`` or ``Store.write``.
"""

from mailmcp.store.db import Store

__all__ = ["Store"]
