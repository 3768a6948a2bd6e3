"""What the folders of an account are for, whatever they are called (RFC 6154)."""

from __future__ import annotations

from dataclasses import dataclass

from mailmcp.backends.mailbox.client import Client

_USES = ("\\sent", "\\drafts", "\\junk", "\\trash", "\\archive", "\\all")
# For servers that do not say it: names as mail programs give them in many languages, the last part of a path.
_NAMES = {
    "\\sent": (
        *("sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete elemente", "gesendete objekte"),
        *("envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "posta inviata"),
        *("inviati", "verzonden", "verzonden items", "skickat", "sendt", "wysłane", "отправленные", "надіслані"),
        *("已发送", "已傳送", "寄件備份", "送信済み", "送信済みメール", "보낸편지함", "gönderilmiş öğeler", "المرسل"),
    ),
    "\\drafts": (
        *("drafts", "draft", "entwürfe", "entwurf", "brouillons", "borradores", "bozze", "rascunhos", "concepten"),
        *("utkast", "kladder", "luonnokset", "szkice", "kopie robocze", "черновики", "чернетки", "koncepty"),
        *("草稿", "草稿箱", "下書き", "임시보관함", "taslaklar", "المسودات"),
    ),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """The folders of an account."""

    names: tuple[str, ...]
    uses: dict[str, str]
    """Folder by use, such as ``\\sent``."""

    def found(self, wanted: str) -> str | None:
        """The folder that a setting names: exactly, in another case, or by its use (``\\archive``)."""
        if wanted.upper() == "INBOX":
            return next((one for one in self.names if one.upper() == "INBOX"), "INBOX")
        if wanted in self.names:
            return wanted
        folded = wanted.casefold()
        if folded in self.uses:
            return self.uses[folded]
        return next((one for one in self.names if one.casefold() == folded), None)


def listed(client: Client) -> Listed:
    """Ask the server which folders there are."""
    names: list[str] = []
    uses: dict[str, str] = {}
    for flags, _, name in client.list_folders():
        said = {one.decode("ascii", "replace").lower() for one in flags}
        if said & {"\\noselect", "\\nonexistent"}:
            continue
        names.append(name)
        for use in _USES:
            if use in said:
                uses.setdefault(use, name)
    for use, known in _NAMES.items():
        if use not in uses:
            match = next((one for one in names if one.rsplit("/", 1)[-1].rsplit(".", 1)[-1].casefold() in known), None)
            if match is not None:
                uses[use] = match
    return Listed(tuple(names), uses)
