from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import sessions of groups."
    target = "sessions"
