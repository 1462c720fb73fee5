"""What marketing is about."""

from django.db import transaction
from django.utils.text import slugify

from messaging.models import Topic


@transaction.atomic
def save_topic(topic: Topic) -> Topic:
    """Save a topic; a new one gets the key under which choices are kept."""
    if not topic.key:
        topic.key = _free_key(topic.name)
    topic.save()
    return topic


def _free_key(name: str) -> str:
    base = slugify(name)[:40] or "topic"
    taken = set(
        Topic.objects.filter(key__startswith=base).values_list("key", flat=True)
    )
    number = 1
    key = base
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    return key
