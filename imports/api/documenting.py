"""How a resource that takes rows stands in the OpenAPI description."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers

from marketing_os.lib.api.parsers import NDJSON_TYPES
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.verbs import ONCE


class ItemError(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Such as items[3].email.")  # type: ignore[assignment]
    message = serializers.CharField()


class ItemResult(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="The item's place, from 0.")
    status = serializers.ChoiceField(["created", "updated", "unchanged", "rejected"])
    id = serializers.IntegerField(required=False)
    errors = ItemError(many=True, required=False)  # type: ignore[assignment]


class BatchResult(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    results = ItemResult(many=True)


def describe_publishing(
    one: type[serializers.Serializer[Any]],
    *,
    create: str,
    many: str,
    example: dict[str, Any],
) -> Callable[[Any], Any]:
    """Describe `create` and `batch` of a viewset: summaries, bodies, one example."""

    def describe(view: Any) -> Any:
        shown = view.serializer_class
        answers = {200: shown, 201: shown, **problems(400, 409)}
        create_schema = extend_schema(
            summary=create,
            parameters=[ONCE],
            request=one,
            responses=answers,
            examples=[OpenApiExample("One", value=example, request_only=True)],
        )
        batch_schema = _batch_schema(one, many, example)
        return extend_schema_view(create=create_schema, batch=batch_schema)(view)

    return describe


def _batch_schema(
    one: type[serializers.Serializer[Any]], summary: str, example: dict[str, Any]
) -> Any:
    name = one.__name__.removesuffix("Input")
    listed: Any = one(many=True, min_length=1, max_length=1000)  # type: ignore[call-arg]
    items = inline_serializer(f"{name}Batch", {"items": listed})
    return extend_schema(
        summary=summary,
        description="Up to 1,000 items, each with a result of its own, in the same"
        " order: a bad item never fails its neighbours. 200 when all are stored,"
        " 207 when some were rejected. As NDJSON each line is an item.",
        parameters=[ONCE],
        request={
            "application/json": items,
            NDJSON_TYPES[0]: OpenApiTypes.STR,
        },
        responses={200: BatchResult, 207: BatchResult, **problems(400, 409)},
        examples=[
            OpenApiExample(
                "Two items",
                value={"items": [example, {}]},
                request_only=True,
                media_type="application/json",
            ),
            OpenApiExample(
                "One stored, one rejected",
                value={
                    "created": 1,
                    "updated": 0,
                    "unchanged": 0,
                    "rejected": 1,
                    "results": [
                        {"index": 0, "status": "created", "id": 4711},
                        {
                            "index": 1,
                            "status": "rejected",
                            "errors": [
                                {
                                    "field": "items[1].email",
                                    "message": "This is not an e-mail address.",
                                }
                            ],
                        },
                    ],
                },
                response_only=True,
                status_codes=["207"],
            ),
        ],
    )
