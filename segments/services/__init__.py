from segments.errors import SegmentError
from segments.services.evaluation import audience, latest_snapshot

__all__ = ["SegmentError", "audience", "latest_snapshot"]
