from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from marketing_os.lib.api.problems import problems
from messaging.models import Notification
from messaging.selectors import News, news_of
from messaging.services.machines import Visit
from messaging.services.notifications import (
    bring_back,
    dismiss,
    follow_action,
    mark_all_read,
    mark_read,
)
from messaging.views.public import visit_of
from portal.api.authentication import (
    OVER,
    HasToken,
    IsMember,
    MemberAuthentication,
    Visitor,
)

_CORS = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
    "Access-Control-Expose-Headers": "ETag",
    "Access-Control-Max-Age": "600",
}
_EXAMPLE = {
    "id": 501,
    "title": "You did it: 50 classes",
    "message": "Your trainer has a small present for you at the desk.",
    "icon": "celebration",
    "action_url": "https://club.example.org/rewards",
    "created_at": "2026-11-02T09:00:00Z",
    "read_at": None,
}


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    class Meta:
        model = Notification
        fields = tuple(_EXAMPLE)


class NewsSerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField()
    newest = serializers.IntegerField(help_text="The ID of the newest; 0: none.")


class ActionSerializer(serializers.Serializer[Any]):
    action_url = serializers.CharField(allow_blank=True)


@extend_schema_view(
    list=extend_schema(
        summary="List the member's notifications",
        description="The newest first, without those that the member dismissed.",
        responses={
            200: OpenApiResponse(
                NotificationSerializer(many=True),
                examples=[OpenApiExample("Found", _EXAMPLE, response_only=True)],
            ),
            **problems(400),
        },
    )
)
class NotificationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Notification]):
    """A member's own notifications, for the pages of a host site."""

    queryset = Notification.objects.all()
    serializer_class = NotificationSerializer
    authentication_classes = (MemberAuthentication,)
    permission_classes = (IsMember,)
    filter_backends = ()
    lookup_value_converter = "int"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # A browser asks without a token whether a page of another site may ask.
        if request.method != "OPTIONS":
            super().initial(request, *args, **kwargs)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        answer["Vary"] = "Authorization, Origin"
        origin = request.headers.get("Origin", "")
        if origin in settings.MEMBER_ORIGINS:
            answer["Access-Control-Allow-Origin"] = origin
            for name, value in _CORS.items():
                answer[name] = value
        return answer

    def get_queryset(self) -> QuerySet[Notification]:
        mine = Notification.objects.filter(customer=_member(self.request))
        return mine if self.action == "bring_back" else mine.shown()

    @extend_schema(
        summary="Tell how many are unread, and which is the newest",
        description="Made to be asked often: repeat with `If-None-Match` and the `ETag`"
        " of the last answer, and 304 says that nothing changed.",
        responses={
            200: OpenApiResponse(
                NewsSerializer,
                examples=[
                    OpenApiExample(
                        "News", {"unread": 2, "newest": 501}, response_only=True
                    )
                ],
            ),
            304: None,
        },
    )
    @action(detail=False, permission_classes=(HasToken,))
    def news(self, request: Request) -> Response:
        news = news_of(_member(request))
        if news is None:
            raise AuthenticationFailed(OVER)
        headers = {"ETag": _tag_of(news), "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Response(status=304, headers=headers)
        return Response(NewsSerializer(news).data, headers=headers)

    @extend_schema(
        summary="Mark a notification as read",
        request=None,
        responses={204: None, **problems(404)},
    )
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: int) -> Response:
        mark_read(self.get_object(), _visit(request))
        return Response(status=204)

    @extend_schema(
        summary="Mark all as read", request=None, responses={204: None}, filters=False
    )
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        mark_all_read(_member(request), _visit(request))
        return Response(status=204)

    @extend_schema(
        summary="Take a notification out of the list",
        request=None,
        responses={204: None, **problems(404)},
    )
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: int) -> Response:
        dismiss(self.get_object())
        return Response(status=204)

    @extend_schema(
        summary="Bring a dismissed notification back",
        request=None,
        responses={204: None, **problems(404)},
    )
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: int) -> Response:
        bring_back(self.get_object())
        return Response(status=204)

    @extend_schema(
        summary="Follow a notification's link",
        description="Marks it as read, counts as a click and answers where it leads.",
        request=None,
        responses={
            200: OpenApiResponse(
                ActionSerializer,
                examples=[
                    OpenApiExample(
                        "Link",
                        {"action_url": _EXAMPLE["action_url"]},
                        response_only=True,
                    )
                ],
            ),
            **problems(404),
        },
    )
    @action(detail=True, methods=["post"])
    def follow(self, request: Request, pk: int) -> Response:
        return Response(
            {"action_url": follow_action(self.get_object(), _visit(request))}
        )


def _tag_of(news: News) -> str:
    return f'"{news.unread}-{news.newest}"'


def _member(request: Request) -> int:
    return cast(Visitor, request.auth).customer_id


def _visit(request: Request) -> Visit:
    return visit_of(request._request, is_signed=True)
