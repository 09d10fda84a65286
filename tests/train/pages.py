"""How tests read a report: what of a page is text, and what is the bytes of a picture."""

import re


def without_pictures(page: str) -> str:
    """Return a page without its pictures' bytes, which hold every word of four letters sooner or later."""
    return re.sub(r"base64,[A-Za-z0-9+/=]*", "base64,", page)
