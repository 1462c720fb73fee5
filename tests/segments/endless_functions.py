"""Functions that never end by themselves, each in another way."""

import itertools

from django.db import DatabaseError, connection

from segments.functions import segment_function

heard = []


@segment_function("endless_python")
def endless_python():
    while True:
        pass


@segment_function("endless_sql")
def endless_sql():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM generate_series(1, 10000000000)")
        return cursor.fetchone()


@segment_function("endless_questions")
def endless_questions():
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


@segment_function("endless_rows")
def endless_rows():
    for number in itertools.count():
        if number < 0:
            yield number


@segment_function("endless_and_deaf")
def endless_and_deaf():
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM generate_series(1, 100000000)")
        except DatabaseError:
            pass


@segment_function("endless_and_deafer")
def endless_and_deafer():
    while True:
        try:
            while True:
                pass
        except BaseException:
            heard.append("something")
        if len(heard) == 3:
            endless_python()
