"""Puts Training Club into the database: members, trainers, and what they work with."""

from marketing_os.packs.loading import (
    Say,
    define,
    import_file,
    load_segments,
    load_staff,
    load_templates,
    load_workflows,
    moment_of,
    score_everybody,
)
from marketing_os.packs.training_club import content, files, messages
from marketing_os.packs.training_club.catalogue import TRAINERS
from marketing_os.packs.training_club.members import make_members

FIRST_MEMBER = "TC-00001"


def load(say: Say, *, with_people: bool = True) -> None:
    """Load what is missing of the club; a second call adds nothing."""
    define(files.ATTRIBUTES)
    if with_people:
        load_staff((trainer.as_user() for trainer in TRAINERS), say)
        _load_members(say)
    load_templates((*messages.LETTERS, *messages.NOTICES), say)
    load_segments(content.GROUPS, say)
    load_workflows(content.JOURNEYS, say)


def _load_members(say: Say) -> None:
    members = list(make_members(moment_of(FIRST_MEMBER)))
    imported = [
        import_file("training-club", target, file, mapping, say)
        for target, file, mapping in files.files_of(members)
    ]
    if any(imported):
        score_everybody(say)
