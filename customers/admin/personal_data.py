"""The pages by which all about a customer is handed over, or erased."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers import services
from customers.models import Customer, Erasure
from customers.tasks import erase_customers
from marketing_os.lib.admin import INPUT_CLASSES, action
from marketing_os.lib.hints import wake

AT_ONCE = 20
_LARGEST_ID = 2**63 - 1
_LONGEST_ID = len(str(_LARGEST_ID))


def erasure_of(customer: Customer) -> Erasure | None:
    wish = Erasure.objects.filter(customer=customer).select_related("asked_by")
    return wish.first()


def is_being_erased(customer: Customer) -> bool:
    wish = erasure_of(customer)
    return wish is not None and wish.finished_at is None


class ConfirmForm(forms.Form):
    """Asks for a number that nobody enters by a slip of the hand."""

    confirm = forms.CharField(max_length=30, required=False)

    def __init__(self, *args: Any, wanted: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = str(wanted)
        self.fields["confirm"].widget.attrs |= {
            "class": " ".join(INPUT_CLASSES),
            "autocomplete": "off",
            "inputmode": "numeric",
        }

    def clean_confirm(self) -> str:
        given = str(self.cleaned_data["confirm"]).strip()
        if given != self.wanted:
            raise forms.ValidationError(
                _("Enter %(number)s to go on.") % {"number": self.wanted}
            )
        return given


class PersonalDataMixin:
    """Adds both pages to the admin of customers, and the ways to them."""

    actions = ("erase_selected", "hand_over_selected")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("customers.erase_customer")

    def has_hand_over_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("customers.export_personal_data")

    @action(description=gettext_lazy("Erase…"), permissions=["erase"])
    def erase_selected(
        self, request: HttpRequest, queryset: QuerySet[Customer]
    ) -> HttpResponse | None:
        chosen = list(
            queryset.filter(erased_at=None).values_list("pk", flat=True)[: AT_ONCE + 1]
        )
        if not chosen or len(chosen) > AT_ONCE:
            words = _("Choose 1 to %(number)s customers who are not erased yet.")
            messages.error(request, words % {"number": AT_ONCE})
            return None
        query = urlencode({"id": chosen}, doseq=True)
        return redirect(f"{reverse('admin:customers_customer_erase')}?{query}")

    @action(
        description=gettext_lazy("Export all about a customer…"),
        permissions=["hand_over"],
    )
    def hand_over_selected(
        self, request: HttpRequest, queryset: QuerySet[Customer]
    ) -> HttpResponse | None:
        chosen = list(queryset.values_list("pk", flat=True)[:2])
        if len(chosen) != 1:
            messages.error(request, _("Choose one customer."))
            return None
        return redirect("admin:customers_customer_data", chosen[0])

    def get_urls(self) -> list[URLPattern]:
        admin: Any = self
        wrap = admin.admin_site.admin_view
        return [
            path("erase/", wrap(self.erase_view), name="customers_customer_erase"),
            path(
                "<int:pk>/data/", wrap(self.data_view), name="customers_customer_data"
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def data_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_hand_over_permission(request):
            raise PermissionDenied
        [customer] = _customers([str(pk)])
        if request.method == "POST":
            text = services.export_customer(customer, by=request.user)  # type: ignore[arg-type]
            name = f"customer-{customer.pk}.json"
            return HttpResponse(
                text,
                content_type="application/json; charset=utf-8",
                headers={
                    "Content-Disposition": f'attachment; filename="{name}"',
                    "Cache-Control": "no-store",
                },
            )
        context = {"customer": customer, "held": _held(customer)}
        title = _("Export all about “%(name)s”") % {"name": customer}
        return self._page(request, title, "data", context)

    def erase_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_erase_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        customers = _customers(given.getlist("id"))
        if any(customer.erased_at for customer in customers):
            messages.error(request, _("This customer is erased already."))
            return redirect("admin:customers_customer_changelist")
        if any(is_being_erased(customer) for customer in customers):
            messages.error(request, _("This customer is being erased already."))
            return redirect("admin:customers_customer_changelist")
        wanted = customers[0].pk if len(customers) == 1 else len(customers)
        form = ConfirmForm(request.POST or None, wanted=wanted)
        if request.method == "POST" and form.is_valid():
            return self._erase(request, customers)
        context = {
            "form": form,
            "back": _way_back(request),
            "people": [
                {
                    "customer": customer,
                    "held": _held(customer),
                    "others": services.others_with_address(customer),
                }
                for customer in customers
            ],
        }
        title = ngettext("Erase a customer", "Erase customers", len(customers))
        return self._page(request, title, "erase", context)

    def _erase(
        self, request: HttpRequest, customers: list[Customer]
    ) -> HttpResponseRedirect:
        admin: Any = self
        for customer in customers:
            services.request_erasure(customer, by=request.user)  # type: ignore[arg-type]
            # Without the name, which the log would keep.
            admin.log_change(request, Customer(pk=customer.pk), "Erasure asked for.")
        wake(erase_customers)
        words = ngettext(
            "One customer is being erased. It goes on by itself and is done once the"
            " uploaded files are searched.",
            "%(count)d customers are being erased. It goes on by itself and is done once"
            " the uploaded files are searched.",
            len(customers),
        )
        messages.success(request, words % {"count": len(customers)})
        return redirect(_way_back(request))

    def _page(
        self, request: HttpRequest, title: str, name: str, context: dict[str, Any]
    ) -> HttpResponse:
        admin: Any = self
        page: HttpResponse = admin.page(
            request, f"admin/customers/{name}.html", {"title": title, **context}
        )
        return page


def _way_back(request: HttpRequest) -> str:
    """Return the page from which somebody came to erase, or the list of customers."""
    given = request.POST if request.method == "POST" else request.GET
    back = given.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}):
        return back
    return reverse("admin:customers_customer_changelist")


def _customers(ids: list[str]) -> list[Customer]:
    """Return the customers of these ids in order, or answer 404."""
    numbers = {
        int(text)
        for text in ids
        if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID
    }
    wanted = [number for number in numbers if number <= _LARGEST_ID]
    found = list(Customer.objects.filter(pk__in=wanted).order_by("pk")[:AT_ONCE])
    if not found:
        raise Http404(_("There is no customer with this ID."))
    return found


def _held(customer: Customer) -> list[tuple[str, int]]:
    counts = services.count_held(customer)
    return [(capfirst(kind.replace("_", " ")), n) for kind, n in counts.items()]
