from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import tags of customers, to be put on or taken off."
    target = "tags"
