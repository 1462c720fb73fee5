from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import bookings of sessions, and who came."
    target = "bookings"
