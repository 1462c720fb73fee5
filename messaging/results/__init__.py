"""What became of dispatches: figures for the pages of results and their exports."""
