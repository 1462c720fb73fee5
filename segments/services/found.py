from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from segments.errors import SegmentError


@dataclass
class FoundIds:
    """What a rule returned: `ids` without the empty ones, `total` with them."""

    ids: "array[int]" = field(default_factory=lambda: array("q"))
    total: int = 0

    def add(self, ids: Iterable[int | None]) -> None:
        """Take more rows, a bounded number; raises SegmentError past their limit."""
        taken = list(ids)
        self.total += len(taken)
        self.ids.extend(found for found in taken if found is not None)
        if self.total > settings.SEGMENT_ROW_LIMIT:
            raise SegmentError(
                _("The segment returns more than %(limit)s rows, which is the limit.")
                % {"limit": f"{settings.SEGMENT_ROW_LIMIT:,}"}
            )
