from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import attributes of known customers, one per row."
    target = "attributes"
