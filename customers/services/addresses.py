"""The addresses of people who were erased: known again, but not to be read back.

Each is kept as HMAC-SHA256 under a key made of SECRET_KEY, whose fallbacks count too.
PostgreSQL computes it (RFC 2104, of its own sha256), so that the addresses of a whole
audience are compared in one statement.
"""

import hashlib
from collections.abc import Iterable

from django.conf import settings
from psycopg import sql

from imports.database import execute

_BLOCK = 64  # bytes that SHA-256 takes at once


def remember_addresses(addresses: Iterable[str]) -> None:
    """Keep the hashes of addresses that nothing may be sent to any more.

    One that is remembered already counts as erased again now.
    """
    execute(
        sql.SQL(
            "INSERT INTO erased_addresses (address_hash)"
            " SELECT {} FROM unnest({}::text[]) AS given (address)"
            " ON CONFLICT (address_hash) DO UPDATE SET erased_at = now()"
        ).format(
            sql.SQL(_hash("given.address", settings.SECRET_KEY)),
            sql.Literal(sorted(addresses)),
        )
    )


def is_erased_address(address: str, customer_id: str, channel: str) -> str:
    """Say in SQL that the owner of an address was erased, and did not agree anew.

    The arguments are qualified columns. A decision that is older than the erasure
    comes from an old file and does not count.
    """
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    hashes = ", ".join(_hash(address, secret) for secret in secrets)
    # Most systems have erased nobody, and need not compute a hash for each customer.
    return f"""(EXISTS (SELECT 1 FROM erased_addresses) AND EXISTS (
        SELECT 1 FROM erased_addresses AS erased
        WHERE erased.address_hash IN ({hashes}) AND NOT EXISTS (
            SELECT 1 FROM consents
            WHERE consents.customer_id = {customer_id} AND consents.granted
              AND consents.channel = {channel}
              AND consents.occurred_at > erased.erased_at)))"""  # noqa: S608


def _hash(address: str, secret: str) -> str:
    key = hashlib.sha256(f"marketing_os.erased-address:{secret}".encode()).digest()
    key = key.ljust(_BLOCK, b"\0")
    inner, outer = (
        f"'\\x{bytes(byte ^ pad for byte in key).hex()}'::bytea" for pad in (0x36, 0x5C)
    )
    text = f"convert_to(lower(btrim({address})), 'UTF8')"
    return f"encode(sha256({outer} || sha256({inner} || {text})), 'hex')"
