"""Ready-made systems: made-up customers, templates, segments and automations."""
