from customers.admin.attribute import AttributeDefinitionAdmin
from customers.admin.customer import CustomerAdmin

__all__ = ["AttributeDefinitionAdmin", "CustomerAdmin"]
