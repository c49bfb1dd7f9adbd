"""The canonical queue under the address that users of taskclf know.

The folders above this file hold no `__init__.py` on purpose: they are portions
of a namespace, and Python prefers a regular package of the same name wherever
on the path it lies.  An installed taskclf therefore always wins.
"""

from __future__ import annotations

from labelqueue import ActiveLabelingQueue, LabelRequest

__all__ = ["ActiveLabelingQueue", "LabelRequest"]
