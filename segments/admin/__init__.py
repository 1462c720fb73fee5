from segments.admin.segment import SegmentAdmin

__all__ = ["SegmentAdmin"]
