"""What workbooks and CSV files that quote people's own words have in common."""

from __future__ import annotations

#: Options of xlsxwriter under which a text stays a text, and becomes neither a formula, nor a link, nor a number.
TEXT_ONLY = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
#: What tells a spreadsheet that a CSV file is in UTF-8.
BOM = "\ufeff"


def safe_text(text: str) -> str:
    """Text that no spreadsheet will run as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
