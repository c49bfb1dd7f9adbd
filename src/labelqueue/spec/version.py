"""The version of the specification, `MAJOR.MINOR`, apart from the version of the package.

A requirement that is added is a step of MINOR, and so is a case that changes or goes:
what conformed may not conform any more, and was never promised to.  A requirement
that changes or goes is a step of MAJOR.  New cases for old requirements are no step.
`conformance/released.json` holds what the last released version had, and a test fails
where a step is missing.
"""

from __future__ import annotations

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1"
"""The version of the specification."""
