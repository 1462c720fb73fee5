from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import offers to customers."
    target = "offers"
