from imports.admin.job import ImportJobAdmin
from imports.admin.mixin import ImportMixin
from imports.admin.saved import SavedMappingAdmin

__all__ = ["ImportJobAdmin", "ImportMixin", "SavedMappingAdmin"]
