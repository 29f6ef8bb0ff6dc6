"""What workbooks that quote people's own words have in common."""

from __future__ import annotations

#: Options of xlsxwriter under which a text stays a text, and becomes neither a formula, nor a link, nor a number.
TEXT_ONLY = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
