"""What a tree refers to by name or ID, looked up once per tree."""

from functools import cached_property

from customers.models import AttributeDefinition
from messaging.models import MessageTemplate
from segments.models import Segment

# Segments that use segments compile into one query, which stays within these.
DEEPEST_CHAIN = 10
MOST_CONDITIONS = 300


class Catalogue:
    """Finds attributes, templates and other segments for one tree.

    `chain` holds the IDs of the segments that led here, so that none comes to use
    itself. Without `sensitive`, attributes that are sensitive are not found.
    """

    def __init__(self, *, sensitive: bool = True, chain: tuple[int, ...] = ()) -> None:
        self.sensitive = sensitive
        self.chain = chain
        self._counted = 0
        self._root = self

    def within(self, segment: Segment) -> "Catalogue":
        """Return the catalogue for the conditions of a segment that is used here."""
        inner = Catalogue(sensitive=True, chain=(*self.chain, segment.pk))
        inner._root = self._root
        inner._definitions = self._root._definitions
        return inner

    def count_condition(self) -> bool:
        """Count one more condition of the whole query; False when it is too many."""
        self._root._counted += 1
        return self._root._counted <= MOST_CONDITIONS

    @cached_property
    def _definitions(self) -> dict[str, AttributeDefinition]:
        return {found.name: found for found in AttributeDefinition.objects.all()}

    @cached_property
    def _templates(self) -> dict[int, MessageTemplate]:
        # All at once, without what is in them: a workflow may name a hundred.
        return MessageTemplate.objects.only("name", "type").in_bulk()

    def attribute(self, name: str) -> AttributeDefinition | None:
        found = self._definitions.get(name)
        if found is not None and found.sensitive and not self.sensitive:
            return None
        return found

    def segment(self, pk: int) -> Segment | None:
        return Segment.objects.filter(pk=pk).first()

    def template(self, pk: int) -> MessageTemplate | None:
        return self._root._templates.get(pk)
