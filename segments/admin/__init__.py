from segments.admin.scores import scores_urls
from segments.admin.segment import SegmentAdmin

__all__ = ["SegmentAdmin", "scores_urls"]
