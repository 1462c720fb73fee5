from drf_spectacular.extensions import OpenApiAuthenticationExtension

from marketing_os.lib.api.authentication import ApiKeyAuthentication


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key KEY`, with a key made in the admin or by "
            "`manage.py create_api_key`.",
        }
