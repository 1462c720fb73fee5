def test_the_front_page_says_what_this_is_and_leads_to_the_back_office(client):
    page = client.get("/").content.decode()

    assert "The right message to each customer" in page
    assert 'href="/admin/"' in page
    assert 'href="/api/v1/docs/"' in page


def test_signing_in_leads_to_the_home_page(client, admin_user):
    response = client.post(
        "/admin/login/", {"username": admin_user.username, "password": "password"}
    )

    assert response.status_code == 302
    assert response["Location"] == "/admin/"
