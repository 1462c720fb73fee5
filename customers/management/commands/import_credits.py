from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import bookings of customers' credits."
    target = "credits"
