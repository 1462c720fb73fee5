"""What every resource of the API shares: keys, scopes, bodies, pages and errors."""
