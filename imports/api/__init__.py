from imports.api.documenting import describe_publishing
from imports.api.views import PublishViewSet

__all__ = ["PublishViewSet", "describe_publishing"]
