"""The refusal: an error that came instead of a result, and what its words say of the change.

A change that failed may stand all the same, such as where the flush behind it
failed.  Then the caller has to be told (DUR-1), in words of the subject's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Refusal"]

# Any words will do that leave the caller in doubt, or tell what was not finished.
_SAYS_THAT_IT_MAY_STAND: Final = re.compile(
    r"\b(may|might|could|can|perhaps|possibl[ey]|maybe|unclear|uncertain|unknown|unsure|doubt|took|taken|takes|stands?|"
    r"stood|already|applied|effect|stored|written|saved|kept|visible|replaced|renamed|durab\w+|flush\w*|f?sync\w*|"
    r"folder|director\w+|disk i/o error)\b",  # the last is all that SQLite says of a commit that it cannot vouch for
    re.IGNORECASE,
)

# What rules that out, unless some of these words leave a doubt all the same.
_DENIES: Final = re.compile(
    r"\bnothing (was |is |has |had |has been |had been )?(changed|written|stored|saved|added|happened)\b|\bno change\b|"
    r"\bunchanged\b|\brolled back\b|\bas (it was )?before\b|"
    r"\b(was|is|were|has been|have been) not (been )?(changed|written|stored|saved|added|applied)\b",
    re.IGNORECASE,
)
_DOUBTS: Final = re.compile(
    r"\b(may|might|could have|can|perhaps|possibl[ey]|maybe|unclear|uncertain|unknown|unsure|doubt|took|taken|takes|"
    r"stands?|stood|already|visible|replaced|renamed|durab\w+|survive)\b",
    re.IGNORECASE,
)
# What to do next is no word about what became of the change.
_ADVISES: Final = re.compile(
    r"\b(may|might|can|could) (safely )?(be )?(tr(y|ied)|called|made|repeat\w*|retr\w+)\b", re.IGNORECASE
)

# That something could not be done is no word that it may have been.
_COULD_NOT: Final = re.compile(
    r"\b(could|can) ?not (be )?(writ|sav|stor|chang|appl|add|keep|kept|mark|enqueue|record|persist|updat|replac|renam)\w*",
    re.IGNORECASE,
)

# As in "EIO: i/o error, fsync '/tmp/queue.json'": which system call failed says nothing of the change.
_OF_THE_SYSTEM: Final = re.compile(r"\bE[A-Z]+: [^,;:]+, \w+\b")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that came instead of a result.

    Attributes:
        kind: `invalid_input` (the caller's fault), `unreadable_store`, `no_answer` (none came,
            as from a program that died), or `other`.
        message: What happened, as a clause that continues "the call …".
    """

    kind: str
    message: str

    @property
    def says_that_it_may_stand(self) -> bool:
        """Whether it leaves the caller in doubt whether the change took effect."""
        message = _COULD_NOT.sub("", _OF_THE_SYSTEM.sub("", self.message))
        if _DENIES.search(message) and not _DOUBTS.search(_ADVISES.sub("", message)):
            return False
        return _SAYS_THAT_IT_MAY_STAND.search(message) is not None
