"""The steps of an import in the admin, as staff take them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

CUSTOMERS = reverse("admin:customers_customer_import")
LEADS = """Prospect ID,First,email,Visits,City,Do Not Email,
p-1,Ada,ada@example.org,12,Select,No,
p-2,Alan,alan@example.org,7,London,Yes,
p-3,Grace,grace-at-example.org,1,Select,No,
"""


def upload(client, text, url=CUSTOMERS, name="leads.csv", **form):
    content = text if isinstance(text, bytes) else text.encode()
    form = {"target": "customers", "file": SimpleUploadedFile(name, content)} | form
    return client.post(url, form)


def page_of(job, step="change"):
    return reverse(f"admin:imports_importjob_{step}", args=(job.pk,))


def choose(client, job, choices=(), **options):
    """Post the columns as the page offers them, but for these choices."""
    form = client.get(page_of(job, "columns")).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    places = {column["name"]: place for place, column in enumerate(job.columns)}
    data = {name: value for name, value in data.items() if value is not True}
    for column, what in dict(choices).items():
        data[f"what_{places[column]}"] = what
    return client.post(page_of(job, "columns"), data | options)
