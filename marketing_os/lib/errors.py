class DomainError(Exception):
    """A refusal by a rule of the product; its text is a sentence fit for a person."""
