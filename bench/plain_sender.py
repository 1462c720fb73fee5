"""The baseline of sending: the same duties in plain lines, without a framework.

Recipients from PostgreSQL, a personal text and HTML part, an unsubscribe token and the
headers of one-click, one SMTP connection that stays open, and a log row per recipient:
claimed before, its result written after, by 500.

`python -m bench.plain_sender PORT`: waits for a line, sends all there is, tells its
memory.
"""

import hashlib
import hmac
import os
import smtplib
import sys
from email.header import Header
from email.utils import formatdate

import psycopg

from bench.mails import HTML, TEXT, plain
from bench.memory import peak_megabytes

CLAIM = """
WITH turn AS (
    SELECT id FROM plain_log WHERE state = 0 ORDER BY id LIMIT 500
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE plain_log SET state = 1, claimed_at = now() FROM turn
    WHERE plain_log.id = turn.id RETURNING plain_log.id, plain_log.customer_id
)
SELECT taken.id, customers.email, customers.first_name, customers.attributes->>'plan'
FROM taken JOIN customers ON customers.id = taken.customer_id
"""
PLAIN_TEXT, PLAIN_HTML = plain(TEXT), plain(HTML)
SECRET = b"a secret of thirty-two characters"


def make_log(connection):
    connection.execute("DROP TABLE IF EXISTS plain_log")
    connection.execute(
        "CREATE TABLE plain_log (id bigserial PRIMARY KEY, campaign_id int,"
        " customer_id bigint, state smallint NOT NULL DEFAULT 0,"
        " claimed_at timestamptz, sent_at timestamptz, error text,"
        " UNIQUE (campaign_id, customer_id)) WITH (fillfactor = 70)"
    )
    connection.execute("CREATE INDEX ON plain_log (id) WHERE state = 0")


def fill_log(connection):
    connection.execute(
        "INSERT INTO plain_log (campaign_id, customer_id)"
        " SELECT 1, id FROM customers ORDER BY id"
    )


def write(number, address, first_name, plan):
    token = hmac.new(SECRET, str(number).encode(), hashlib.sha256).hexdigest()[:32]
    link = f"https://example.org/u/{number:x}.{token}"
    values = {"name": first_name, "plan": plan, "link": link}
    subject = f"News for {first_name}"
    if not subject.isascii():
        subject = Header(subject, "utf-8").encode()
    return (
        f"From: News <news@example.org>\r\nTo: {address}\r\nSubject: {subject}\r\n"
        f"Date: {formatdate()}\r\nMessage-ID: <{token}@example.org>\r\n"
        f"List-Unsubscribe: <{link}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{token}"\r\n\r\n'
        f"--{token}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        + PLAIN_TEXT.format_map(values)
        + f"\r\n--{token}\r\nContent-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        + PLAIN_HTML.format_map(values)
        + f"\r\n--{token}--\r\n"
    ).encode()


def send_all(connection, smtp):
    while True:
        with connection.transaction():
            rows = connection.execute(CLAIM).fetchall()
        if not rows:
            return
        sent, failed = [], []
        for number, address, first_name, plan in rows:
            try:
                mail = write(number, address, first_name, plan)
                smtp.sendmail("news@example.org", [address], mail)
                sent.append(number)
            except smtplib.SMTPException as error:
                failed.append((str(error), number))
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE plain_log SET state = 2, sent_at = now() WHERE id = ANY(%s)",
                [sent],
            )
            cursor.executemany(
                "UPDATE plain_log SET state = 3, error = %s WHERE id = %s", failed
            )


if __name__ == "__main__":
    with (
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database,
        smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server,
    ):
        server.ehlo()
        print("ready", flush=True)
        sys.stdin.readline()
        send_all(database, server)
    print(peak_megabytes())
