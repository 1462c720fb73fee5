"""How not to lease: claim for two seconds, then send without another look."""

import os
import smtplib
import sys
import time

import psycopg

PAGE = 20
CLAIM = """
UPDATE deliveries SET state = 'claimed', lease_until = now() + interval '2 seconds'
WHERE id IN (
    SELECT id FROM deliveries WHERE dispatch_id = %s
      AND (state = 'pending' OR state = 'claimed' AND lease_until < now())
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, address
"""
WAITS = (
    "SELECT count(*) FROM deliveries"
    " WHERE dispatch_id = %s AND state IN ('pending', 'claimed')"
)


def send_all(port, dispatch):
    with (
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
        smtplib.SMTP("127.0.0.1", port) as smtp,
    ):
        while connection.execute(WAITS, [dispatch]).fetchone()[0]:
            page = connection.execute(CLAIM, [dispatch, PAGE]).fetchall()
            for number, address in page:
                content = f"Message-ID: <{number}@naive>\r\n\r\nHello\r\n"
                smtp.sendmail("naive@example.org", [address], content)
            connection.execute(
                "UPDATE deliveries SET state = 'accepted' WHERE id = ANY(%s)",
                [[number for number, _address in page]],
            )
            if not page:
                time.sleep(0.1)


if __name__ == "__main__":
    send_all(int(sys.argv[1]), int(sys.argv[2]))
