"""How not to send: read a page, send it, mark it as sent at the end."""

import os
import smtplib
import sys

import psycopg

PAGE = 50


def send_all(port, dispatch):
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        while page := read_page(connection, dispatch):
            with smtplib.SMTP("127.0.0.1", port) as smtp:
                for number, address in page:
                    content = f"Message-ID: <{number}@naive>\r\n\r\nHello\r\n"
                    smtp.sendmail("naive@example.org", [address], content)
            connection.execute(
                "UPDATE deliveries SET state = 'accepted' WHERE id = ANY(%s)",
                [[number for number, _address in page]],
            )
            connection.commit()


def read_page(connection, dispatch):
    return connection.execute(
        "SELECT id, address FROM deliveries WHERE dispatch_id = %s"
        " AND state = 'pending' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
        [dispatch, PAGE],
    ).fetchall()


if __name__ == "__main__":
    send_all(int(sys.argv[1]), int(sys.argv[2]))
