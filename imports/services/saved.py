"""Saved mappings: what the columns of a kind of file become, kept under a name."""

import hashlib
from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from imports.models import ImportJob, SavedMapping
from marketing_os.lib.errors import DomainError

# Said for one import and never again by itself.
_NOT_KEPT = ("encoding_declared", "dry_run", "may_start_workflows")
_MAX_NAME = 100


def signature_of(headers: Iterable[str]) -> str:
    """Return what is the same for all files with this set of columns."""
    names = sorted({header.casefold() for header in headers})
    return hashlib.sha256("\0".join(names).encode()).hexdigest()


def mappings_for(target: str) -> QuerySet[SavedMapping]:
    """Return the saved mappings of a target by their names."""
    return SavedMapping.objects.filter(target=target).order_by("name")


def named_mapping(target: str, name: str) -> SavedMapping:
    """Return the saved mapping of that name, or raise DomainError."""
    found = mappings_for(target).filter(name__iexact=name.strip()).first()
    if found is None:
        names = ", ".join(f"“{each}”" for each in mappings_for(target)[:20])
        known = f"; there are {names}." if names else "; none is saved."
        raise DomainError(f"There is no saved mapping “{name}”{known}")
    return found


@transaction.atomic
def save_mapping(
    job: ImportJob, name: str, *, by: AbstractBaseUser | None = None
) -> SavedMapping:
    """Keep the mapping and options of a job under a name.

    The mapping that the job was filled in from is replaced when it has that name;
    any other of that name is left alone and DomainError raised.
    """
    name = _checked(name)
    held = mappings_for(job.target).filter(name__iexact=name).first()
    if held is not None and held.pk != job.saved_mapping_id:
        raise DomainError(
            f"There is a saved mapping “{held.name}” already. Choose another name,"
            " or fill in from that one first to replace it."
        )
    saved = held or SavedMapping(target=job.target, created_by_id=by.pk if by else None)
    saved.name = name
    saved.columns = [column["name"] for column in job.columns]
    saved.signature = signature_of(saved.columns)
    saved.mapping = job.mapping
    saved.options = {
        name: value
        for name, value in job.options.items()
        if value and name not in _NOT_KEPT
    }
    _refuse_taken_name(saved)
    saved.save()
    job.saved_mapping = saved
    job.save(update_fields=["saved_mapping"])
    return saved


def rename_mapping(saved: SavedMapping, name: str) -> SavedMapping:
    """Give a saved mapping another name; DomainError when it is taken."""
    saved.name = _checked(name)
    _refuse_taken_name(saved)
    saved.save(update_fields=["name", "updated_at"])
    return saved


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _MAX_NAME or "\0" in name:
        raise DomainError(f"The name of a saved mapping has 1 to {_MAX_NAME} letters.")
    return name


def _refuse_taken_name(saved: SavedMapping) -> None:
    try:
        saved.validate_constraints()
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error


def fill_in_known(job: ImportJob) -> None:
    """Fill a new job in from the newest saved mapping for the very same columns."""
    signature = signature_of(column["name"] for column in job.columns)
    alike = mappings_for(job.target).filter(signature=signature)
    saved = alike.order_by("-updated_at", "-pk").first()
    if saved is not None:
        fill_in(job, saved)


def fill_in(job: ImportJob, saved: SavedMapping) -> None:
    """Lay a saved mapping over what is suggested for a job, without saving the job."""
    known = {header.casefold(): what for header, what in saved.mapping.items()}
    given = {
        column["name"]: known[column["name"].casefold()]
        for column in job.columns
        if column["name"].casefold() in known
    }
    taken = set(given.values())
    suggested = {
        name: "" if what in taken else what for name, what in job.mapping.items()
    }
    job.mapping = suggested | given
    job.options = saved.options | {
        "encoding_declared": job.options.get("encoding_declared", False)
    }
    job.saved_mapping = saved


def missing_columns(job: ImportJob) -> list[str]:
    """List the columns that the job's saved mapping knows and its file lacks."""
    if job.saved_mapping is None:
        return []
    names = {column["name"].casefold() for column in job.columns}
    return [h for h in job.saved_mapping.columns if h.casefold() not in names]
