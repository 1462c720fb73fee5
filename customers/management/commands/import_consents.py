from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import decisions about consent, each with its evidence."
    target = "consents"
