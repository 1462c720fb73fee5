from django.http import HttpResponse

from portal.members import COOKIE, keep_member


def sign_in(client, customer):
    """Let a test client hold a member's session, as a browser does."""
    response = HttpResponse()
    keep_member(response, customer)
    client.cookies[COOKIE] = response.cookies[COOKIE].value
