from automations.admin.webhooks.calls import WebhookCallAdmin
from automations.admin.webhooks.endpoints import WebhookEndpointAdmin

__all__ = ["WebhookCallAdmin", "WebhookEndpointAdmin"]
