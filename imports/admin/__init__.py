from imports.admin.job import ImportJobAdmin
from imports.admin.mixin import ImportMixin

__all__ = ["ImportJobAdmin", "ImportMixin"]
