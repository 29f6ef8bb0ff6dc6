"""The text of a small file written by people, whatever editor saved it."""

from __future__ import annotations

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: What cp1252 leaves undefined: a file that has these bytes and is not UTF-8 is no text.
_NO_TEXT = "\x00\x81\x8d\x8f\x90\x9d"


def decode(content: bytes) -> str:
    """The text of a file: UTF-8 (with or without BOM), UTF-16 with its BOM, else cp1252 (Notepad, Excel); ends of line as `\\n`.

    Raises UnicodeError when it is no text at all.
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            text = content[len(bom) :].decode(encoding)
            break
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
    if any(mark in text for mark in _NO_TEXT):
        raise UnicodeError("binary")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
