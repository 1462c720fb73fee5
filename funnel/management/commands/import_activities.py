from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import what customers did: purchases, sessions, logins."
    target = "activities"
