import pytest
from django.contrib.auth.models import Group, Permission, User

from marketing_os.roles import make_roles
from tests import make


def administrator_without_superpowers():
    make_roles()
    person = make.user()
    person.groups.add(Group.objects.get(name="Administrator"))
    return person


def form_of(user, **changes):
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "is_active": "on",
        "groups": [group.pk for group in user.groups.all()],
    } | changes


def test_a_new_user_can_sign_in_with_what_the_groups_allow(admin_client, client):
    make_roles()
    viewer = Group.objects.get(name="Viewer")

    response = admin_client.post(
        "/admin/auth/user/add/",
        {
            "username": "vera",
            "groups": [viewer.pk],
            "usable_password": "true",
            "password1": "a quite long password",
            "password2": "a quite long password",
        },
    )

    assert response.status_code == 302, response.context["errors"]
    assert client.login(
        request=response.wsgi_request,
        username="vera",
        password="a quite long password",
    )
    assert client.get("/admin/customers/customer/").status_code == 200
    assert client.get("/admin/auth/user/").status_code == 403


def test_an_administrator_cannot_make_a_superuser(client):
    client.force_login(administrator_without_superpowers())
    other = make.user()

    url = f"/admin/auth/user/{other.pk}/change/"
    response = client.post(url, form_of(other, is_superuser="on"))

    assert response.status_code == 302
    other.refresh_from_db()
    assert not other.is_superuser


@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_an_administrator_cannot_touch_a_superuser(client, page):
    boss = make.administrator(username="boss")
    before = boss.password
    client.force_login(administrator_without_superpowers())

    response = client.post(
        f"/admin/auth/user/{boss.pk}/{page}/",
        form_of(boss, password1="stolen stolen 1", password2="stolen stolen 1"),
    )

    assert response.status_code == 403
    boss.refresh_from_db()
    assert boss.password == before


def test_who_may_not_change_groups_gives_none_to_themselves(client):
    make_roles()
    person = make.grant(make.user(), "auth.view_user", "auth.change_user")
    client.force_login(person)
    everything = Group.objects.get(name="Administrator")

    for who in (person, make.user()):
        url = f"/admin/auth/user/{who.pk}/change/"
        client.post(url, form_of(who, groups=[everything.pk]))
        assert not who.groups.exists()


def test_nobody_shuts_themselves_out(client):
    boss = make.administrator()
    client.force_login(boss)
    values = form_of(boss)
    del values["is_active"]

    client.post(f"/admin/auth/user/{boss.pk}/change/", values)

    boss.refresh_from_db()
    assert boss.is_active
    assert boss.is_superuser


def test_nobody_is_deleted(admin_client):
    other = make.user()

    response = admin_client.post(
        f"/admin/auth/user/{other.pk}/delete/", {"post": "yes"}
    )

    assert response.status_code == 403
    assert User.objects.filter(pk=other.pk).exists()


def test_a_group_keeps_what_its_form_does_not_show(admin_client):
    group = Group.objects.create(name="Mixed")
    unseen = Permission.objects.get(
        codename="view_session", content_type__app_label="sessions"
    )
    seen = Permission.objects.get(codename="view_segment")
    group.permissions.add(unseen)

    page = admin_client.get(f"/admin/auth/group/{group.pk}/change/")
    assert f'value="{seen.pk}"' in page.content.decode()
    assert f'value="{unseen.pk}"' not in page.content.decode()
    admin_client.post(
        f"/admin/auth/group/{group.pk}/change/",
        {"name": "Mixed", "permissions": [seen.pk]},
    )

    assert set(group.permissions.all()) == {seen, unseen}


def test_a_group_tells_its_history(admin_client):
    group = Group.objects.create(name="Old name")
    admin_client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "New name"})

    page = admin_client.get(f"/admin/auth/group/{group.pk}/history/").content.decode()

    assert "Changed Name" in page
