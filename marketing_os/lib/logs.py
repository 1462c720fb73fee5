"""Logs that do not tell whom a link was for."""

import logging
import re

# The addresses that stand in mails: what follows the first part is as good as a name.
_LINK = re.compile(r"(/(?:u|l|o|preferences|status|me/in|me/copy)/)[^\s?#]+")


class WithoutTokens(logging.Filter):
    """Takes the tokens of links in mails out of what is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                _LINK.sub(r"\1…", part) if isinstance(part, str) else part
                for part in record.args
            )
        return True
