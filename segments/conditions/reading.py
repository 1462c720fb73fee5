"""A JSON document becomes a tree, or a sentence with the path of its fault."""

import json
from typing import Any

from django.utils.translation import gettext as _

from segments.conditions.catalogue import MOST_CONDITIONS, Catalogue
from segments.conditions.entry import Entry
from segments.conditions.tree import ALL, ANY, KINDS, NONE, Group, Leaf, Node, Tree
from segments.errors import ConditionError

VERSION = 1
DEEPEST = 12
MOST_BYTES = 200_000
GROUP_KEYS = (ALL, ANY, "not")


def read_text(text: str) -> Any:
    """Parse the text of a document; raises ConditionError where it is no JSON."""
    if len(text) > MOST_BYTES:
        raise ConditionError(_("The conditions are too long."), "")
    try:
        found = json.loads(text)
        # Escapes may stand for halves of characters, which nothing can store or show.
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except RecursionError:
        raise _too_deep("") from None
    except UnicodeEncodeError:
        raise ConditionError(
            _("The conditions contain a broken character."), ""
        ) from None
    except ValueError:
        raise ConditionError(_("The conditions are no valid JSON."), "") from None


def read_document(document: Any, catalogue: Catalogue) -> Tree:
    """Return the tree of a document; raises ConditionError with the path of a fault."""
    entry = Entry(document, "")
    if not entry.values:
        raise ConditionError(_("Add a condition."), "")
    if entry.values.get("version") != VERSION:
        raise entry.refuse(
            "version", _("This version is not known; it must be %s.") % VERSION
        )
    rest = {key: value for key, value in entry.values.items() if key != "version"}
    return Tree(_read_node(rest, "", catalogue, 1))


def _too_deep(path: str) -> ConditionError:
    return ConditionError(_("Groups are nested deeper than %s levels.") % DEEPEST, path)


def _read_node(value: Any, path: str, catalogue: Catalogue, depth: int) -> Node:
    if depth > DEEPEST:
        raise _too_deep(path)
    entry = Entry(value, path)
    named = [key for key in GROUP_KEYS if key in entry.values]
    if not named:
        return _read_leaf(entry, catalogue)
    if len(entry.values) > 1:
        raise ConditionError(_("A group has one key only: all, any or not."), path)
    return _read_group(entry, named[0], catalogue, depth)


def _read_group(entry: Entry, key: str, catalogue: Catalogue, depth: int) -> Group:
    path = entry.at(key)
    if key != "not":
        listed = entry.listed(key, least=0)
        if not isinstance(entry.values[key], list):
            raise ConditionError(_("Here belongs a list."), path)
        if not listed:
            raise ConditionError(_("The group is empty. Add a condition."), path)
        members = tuple(
            _read_node(member, place, catalogue, depth + 1) for member, place in listed
        )
        return Group(entry.path, key, members)
    inner = _read_node(entry.values[key], path, catalogue, depth + 1)
    # "not any" is what people call "none of", and one level less.
    if isinstance(inner, Group) and inner.mode == ANY:
        return Group(entry.path, NONE, inner.members)
    return Group(entry.path, NONE, (inner,))


def _read_leaf(entry: Entry, catalogue: Catalogue) -> Leaf:
    kind = KINDS[entry.choice("type", KINDS)]
    entry.insist_on_keys(("type", *kind.keys))
    if not catalogue.count_condition():
        raise ConditionError(
            _("With the segments that it uses, this has more than %s conditions.")
            % MOST_CONDITIONS,
            entry.path,
        )
    return kind.read(entry, catalogue)
