from imports.api.publishing import PublishMixin

__all__ = ["PublishMixin"]
