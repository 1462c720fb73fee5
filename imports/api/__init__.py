from imports.api.documenting import describe_publishing
from imports.api.publishing import PublishMixin

__all__ = ["PublishMixin", "describe_publishing"]
