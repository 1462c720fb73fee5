"""Puts Open Circle into the database: members, circles, and their workflows."""

from marketing_os.packs.loading import (
    Say,
    define,
    import_file,
    load_segments,
    load_templates,
    load_workflows,
    moment_of,
    score_everybody,
)
from marketing_os.packs.membership_group import content, files, messages
from marketing_os.packs.membership_group.members import make_members

FIRST_MEMBER = "MG-00001"


def load(say: Say, *, with_people: bool = True) -> None:
    """Load what is missing of the group; a second call adds nothing."""
    define(files.ATTRIBUTES)
    if with_people:
        _load_members(say)
    load_templates((*messages.LETTERS, *messages.NOTICES), say)
    load_segments(content.GROUPS, say)
    load_workflows(content.JOURNEYS, say)


def _load_members(say: Say) -> None:
    now = moment_of(FIRST_MEMBER)
    imported = [
        import_file("membership-group", target, file, mapping, say)
        for target, file, mapping in files.files_of(list(make_members(now)), now)
    ]
    if any(imported):
        score_everybody(say)
