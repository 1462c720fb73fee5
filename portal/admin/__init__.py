from portal.admin import messages, public_page

__all__ = ["messages", "public_page"]
