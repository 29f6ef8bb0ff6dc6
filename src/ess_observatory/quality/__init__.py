"""Quality: declared checks judged by Great Expectations at both borders, refused rows, and the report on all of it."""

from __future__ import annotations

from ess_observatory.quality.verdicts import Verdict

__all__ = ["Verdict"]
