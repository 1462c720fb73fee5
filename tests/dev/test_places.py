import os
import stat
from pathlib import Path

import pytest

from marketing_os.dev.places import open_places, secret
from tests.dev.launcher import ask, processes

slow = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="Only root has another user.")
NOBODY = 65534


@slow
@pytest.mark.parametrize(
    "name",
    ["a path with spaces", "Capitals & 'quotes' $HOME", "/".join(["long" * 15] * 6)],
    ids=["spaces", "special", "long"],
)
def test_commands_work_from_any_path(copy_project, make_var, name):
    project = copy_project(name)
    var_dir = make_var(inside=project)

    assert ask(var_dir, "SELECT 1", project=project) == "1"

    assert processes(var_dir) == []


@slow
def test_two_projects_side_by_side_do_not_meet(make_var):
    one, other = make_var("one"), make_var("other")
    ask(one, "CREATE TABLE mine AS SELECT 1")

    identity = "SELECT system_identifier FROM pg_control_system()"

    assert ask(one, identity) != ask(other, identity)
    assert ask(other, "SELECT to_regclass('mine') IS NULL") == "True"


@slow
@as_root
def test_data_goes_where_the_servers_user_can_enter(folder, make_var):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    var_dir = make_var(inside=closed)
    ask(var_dir, "CREATE TABLE kept AS SELECT 3 AS answer")

    assert ask(var_dir, "SELECT answer FROM kept") == "3"

    data = (var_dir / "postgres").readlink()
    assert not data.is_relative_to(folder)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@slow
@as_root
def test_a_copied_clone_does_not_take_the_data_of_the_first(folder, make_var):
    closed = folder / "closed-too"
    closed.mkdir(mode=0o700)
    first, second = make_var("first", closed), make_var("second", closed)
    ask(first, "SELECT 1")
    second.mkdir(mode=0o711)
    (second / "postgres").symlink_to((first / "postgres").readlink())

    ask(second, "SELECT 1")

    assert (second / "postgres").readlink() != (first / "postgres").readlink()


def test_secrets_are_made_once_and_for_their_owner_only(make_var):
    places = open_places(make_var())

    first = secret(places.var, "word")

    assert secret(places.var, "word") == first
    assert len(first) > 40
    assert stat.S_IMODE((places.var / "word").stat().st_mode) == 0o600


def test_sockets_keep_out_of_a_folder_that_is_not_ours(make_var):
    first = open_places(make_var()).sockets
    first.rmdir()
    first.symlink_to("/")

    try:
        second = open_places(make_var()).sockets
    finally:
        first.unlink()

    assert second != first
    assert second.lstat().st_uid == os.geteuid()
    assert len(str(second / "postgres" / ".s.PGSQL.5432")) < 100
    second.rmdir()


@as_root
def test_sockets_keep_out_of_a_folder_that_another_user_made(make_var):
    first = open_places(make_var()).sockets
    os.chown(first, NOBODY, NOBODY)

    second = open_places(make_var()).sockets

    assert second != first
    Path(first).rmdir()
    second.rmdir()
