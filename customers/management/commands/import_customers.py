from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import customers and their attributes from a file."
    target = "customers"
