"""What every reader of strangers' words needs: invisible characters, domains."""
