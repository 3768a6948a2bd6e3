"""``python -m mailmcp`` is the ``mailmcp`` command."""

from mailmcp.cli import main

if __name__ == "__main__":
    main()
