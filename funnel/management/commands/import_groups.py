from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import groups of sessions."
    target = "groups"
