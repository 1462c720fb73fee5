"""What every marketing mail must say at its end, if its author left it out."""

HTML_WORDS = """\
{{ company_name }}{% if postal_address %}<br>{{ postal_address|linebreaks }}{% endif %}\
<br><a href="{{ unsubscribe_url }}" style="color:#6b7280;text-decoration:underline">\
Unsubscribe</a>"""

MJML = f"""\
<mj-section padding="16px 0"><mj-column><mj-text align="center" font-size="12px"\
 line-height="18px" color="#6b7280">{HTML_WORDS}</mj-text></mj-column></mj-section>"""

HTML = f"""\
<div style="padding:24px 16px;text-align:center;font-family:Arial,sans-serif;\
font-size:12px;line-height:18px;color:#6b7280">{HTML_WORDS}</div>"""

TEXT = """

--
{{ company_name }}{% if postal_address %}
{{ postal_address }}{% endif %}
Unsubscribe: {{ unsubscribe_url }}
"""
