"""The judge's process as it would be with a bug in it: some mails end it, some keep it busy for ever.

Run by tests in place of ``mailmcp.mailroom.judging``. A mail says itself what it does: ``X-Ends: here`` in a header
ends the process that reads the header, ``ends here`` in the text one that reads the text, and ``never ends`` in the
text one that reads the text is never heard of again.
"""

import os
import signal
import sys
import threading

from mailmcp.mailroom import apart, judging


def _reply(asked: apart.Record, octets: bytes) -> tuple[apart.Record, bytes]:
    read = octets.partition(b"\r\n\r\n")[0] if asked["header_only"] else octets
    if b"X-Ends: here" in read or b"ends here" in read:
        os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    if b"never ends" in read:
        threading.Event().wait()
    return judging._reply(asked, octets)


if __name__ == "__main__":
    apart.serve(_reply, cpu_seconds=int(sys.argv[1]) if len(sys.argv) > 1 else None)
