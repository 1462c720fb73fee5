class LauncherError(Exception):
    """What the launcher cannot do, as a sentence for the person at the terminal."""
