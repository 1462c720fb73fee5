from segments.models.score import (
    CustomerScore,
    ScoreRefresh,
    ScoreSettings,
    Standing,
)
from segments.models.segment import (
    Segment,
    SegmentMember,
    SegmentSnapshot,
    SegmentSnapshotMember,
)

__all__ = [
    "CustomerScore",
    "ScoreRefresh",
    "ScoreSettings",
    "Segment",
    "SegmentMember",
    "SegmentSnapshot",
    "SegmentSnapshotMember",
    "Standing",
]
