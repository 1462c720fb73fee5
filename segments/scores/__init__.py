"""How active customers are, and how likely each of them is to stay away.

names        which activities count
features     what is known of everybody as of a moment, in one pass over the activities
periods      which stretch of the history teaches, and which one judges
model        the logistic regression, and the recency rule that stands in for it
judgement    how good a model is, as figures
reasons      why a customer's risk is what it is
binary       rows of numbers in and out of the database
storing      the scores go to their table, and take the place of the old ones at once
running      one refresh from its beginning to its end, in a process of its own
selectors    what pages show

All that needs numpy and scikit-learn is imported by `running` alone, and that by the
command: web servers and workers never load them.
"""
