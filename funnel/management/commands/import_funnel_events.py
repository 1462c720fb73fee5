from imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import moves of customers between stages of a funnel."
    target = "funnel_events"
