"""The approval page: a door for the human who decides, on this machine only."""
