from django.db import models
from django.db.models.functions import Now


class ErasedAddress(models.Model):
    """The keyed hash of an e-mail address whose owner was erased.

    It cannot be read back, but tells the address again when a file brings it.
    """

    address_hash = models.CharField(max_length=64, primary_key=True)
    erased_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "erased_addresses"
        default_permissions = ()

    def __str__(self) -> str:
        return self.address_hash
