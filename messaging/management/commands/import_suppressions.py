from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import addresses that nothing is sent to."
    target = "suppressions"
