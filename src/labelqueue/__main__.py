"""`python -m labelqueue`, and the entry point of the `labelqueue` command."""

from __future__ import annotations

import errno
import sys

__all__ = ["main"]

_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main() -> None:
    """Run the command line, or say what to install for it."""
    try:
        from labelqueue.cli import app  # noqa: PLC0415 - needs the kit's dependencies
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "labelqueue":
            raise
        sys.exit(f"labelqueue: {error.name} is not installed; run: pip install 'labelqueue[kit]'")
    try:
        app()
    except OSError as error:  # what commands have words of their own for does not come here
        from labelqueue.cli.screen import in_words  # noqa: PLC0415 - as above

        where = "standard output: " if error.errno in _OF_WRITING and error.filename is None else ""
        print(f"labelqueue: {where}{in_words(error)}", file=sys.stderr)  # noqa: T201 - this is a program
        sys.exit(2)


if __name__ == "__main__":
    main()
